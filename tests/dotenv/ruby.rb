# Reads each text of a JSON list as Ruby's dotenv does, and prints a list of what it found: `null`
# where it fails.
require 'dotenv'
require 'json'

found = JSON.parse($stdin.read).map do |text|
  Dotenv::Parser.call(text, true)
rescue Dotenv::FormatError
  nil
end
puts JSON.generate(found)

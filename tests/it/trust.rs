//! Whom to trust: certificates, bundles, and proxies.

//! Where and as whom to ask: regions, profiles, every source of credentials, endpoints.

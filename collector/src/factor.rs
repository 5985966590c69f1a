//! What people show beside their password. Pure: the tables and the clock are the API's.

/// Codes of an authenticator app.
pub mod totp;

/// Passkeys and security keys.
pub mod passkey;

/// Codes on paper, for whoever has lost the rest.
pub mod backup;

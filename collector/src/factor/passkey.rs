//! Passkeys and security keys: WebAuthn, level 2. What it says is webauthn-rs' to check; here is what is
//! asked for.
//!
//! A *passkey* says whose it is and makes sure who holds it (a PIN, a finger), and so is enough by itself. A
//! *security key* only shows that somebody has it, and stands beside a password.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;
use webauthn_rs::{
    Webauthn, WebauthnBuilder,
    prelude::{
        DiscoverableAuthentication, Passkey, PasskeyRegistration, PublicKeyCredential,
        RegisterPublicKeyCredential, SecurityKey, SecurityKeyAuthentication,
        SecurityKeyRegistration, Url, WebauthnError,
    },
};

/// What the browser shows beside the account's name.
const NAME: &str = "OpenWatch";

/// What asks an authenticator to show a credential only to its owner.
const PROTECTION: [&str; 2] = [
    "credentialProtectionPolicy",
    "enforceCredentialProtectionPolicy",
];

/// What a credential is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = PasskeyKind)]
pub enum Kind {
    /// Enough by itself.
    Passkey,
    /// Only beside a password.
    SecurityKey,
}

impl Kind {
    /// As the tables name it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Passkey => "passkey",
            Self::SecurityKey => "security_key",
        }
    }
}

/// A registration that was begun, as it is kept until it is answered.
#[derive(Debug, Serialize, Deserialize)]
pub enum Registration {
    Passkey(PasskeyRegistration),
    SecurityKey(SecurityKeyRegistration),
}

impl Registration {
    /// What will be good for what.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Passkey(_) => Kind::Passkey,
            Self::SecurityKey(_) => Kind::SecurityKey,
        }
    }
}

/// A question that was asked, as it is kept until it is answered.
#[derive(Debug, Serialize, Deserialize)]
pub enum Question {
    /// Who are you?
    Anybody(DiscoverableAuthentication),
    /// Are you this one?
    Somebody(SecurityKeyAuthentication),
}

/// A credential: what is kept of it, and what it is found by.
#[derive(Debug, Clone)]
pub struct Credential {
    /// As its authenticator calls it.
    pub id: Vec<u8>,
    /// webauthn-rs' account of it.
    pub value: Value,
    /// How often it has signed, if it counts.
    pub counter: u32,
}

/// The relying party: to whom credentials are shown.
#[derive(Debug, Clone)]
pub struct Passkeys(Arc<Webauthn>);

/// Why a passkey was not taken, or none can be asked for.
#[derive(Debug, thiserror::Error)]
pub enum PasskeyError {
    #[error("{0:?} is not where browsers can find a passkey's owner: a name, and https")]
    Origin(String),
    #[error("the passkey's answer does not hold")]
    Refused(#[source] WebauthnError),
    #[error("what is kept of a passkey cannot be read")]
    Kept(#[source] serde_json::Error),
}

impl Passkeys {
    /// For the console at `origin`, `https://HOST[:PORT]`: credentials belong to the host's name, and what was
    /// signed elsewhere is not taken.
    ///
    /// # Errors
    /// [`PasskeyError::Origin`], also for an address: credentials belong to names.
    pub fn new(origin: &str) -> Result<Self, PasskeyError> {
        let refused = || PasskeyError::Origin(origin.into());
        let url = Url::parse(origin).map_err(|_| refused())?;
        let host = url.domain().filter(|_| url.scheme() == "https");
        let host = host.ok_or_else(refused)?;
        let builder = WebauthnBuilder::new(host, &url).map_err(|_| refused())?;
        let built = builder.rp_name(NAME).build().map_err(|_| refused())?;
        Ok(Self(Arc::new(built)))
    }

    /// Asks a browser for a new credential of an account that has those of `known`.
    ///
    /// # Errors
    /// webauthn-rs', for a name that is empty.
    pub fn register(
        &self,
        kind: Kind,
        account: Uuid,
        name: &str,
        known: Vec<Vec<u8>>,
    ) -> Result<(Value, Registration), PasskeyError> {
        let known = Some(known);
        match kind {
            Kind::Passkey => {
                let begun = self
                    .0
                    .start_passkey_registration(account, name, name, known);
                let (options, state) = begun.map_err(PasskeyError::Refused)?;
                let mut options = options_of(&options)?;
                // webauthn-rs leaves it open whether a passkey can say whose it is; without that nobody could
                // sign in with it alone.
                let selection = &mut options["publicKey"]["authenticatorSelection"];
                selection["residentKey"] = "required".into();
                selection["requireResidentKey"] = true.into();
                Ok((options, Registration::Passkey(state)))
            }
            Kind::SecurityKey => {
                let begun = self
                    .0
                    .start_securitykey_registration(account, name, name, known, None, None);
                let (options, state) = begun.map_err(PasskeyError::Refused)?;
                let mut options = options_of(&options)?;
                // Browsers do not protect by a verification that is not required.
                if let Some(extensions) = options["publicKey"]["extensions"].as_object_mut() {
                    extensions.retain(|name, _| !PROTECTION.contains(&name.as_str()));
                }
                Ok((options, Registration::SecurityKey(state)))
            }
        }
    }

    /// The credential that a browser has made.
    ///
    /// # Errors
    /// [`PasskeyError::Refused`].
    pub fn registered(
        &self,
        answer: &RegisterPublicKeyCredential,
        state: &Registration,
    ) -> Result<Credential, PasskeyError> {
        match state {
            Registration::Passkey(state) => {
                let made = self.0.finish_passkey_registration(answer, state);
                let made = made.map_err(PasskeyError::Refused)?;
                credential(made.cred_id().to_vec(), &made, 0)
            }
            Registration::SecurityKey(state) => {
                let made = self.0.finish_securitykey_registration(answer, state);
                let made = made.map_err(PasskeyError::Refused)?;
                credential(made.cred_id().to_vec(), &made, 0)
            }
        }
    }

    /// Asks whoever is there to show a passkey, which will say whose it is.
    ///
    /// # Errors
    /// webauthn-rs', which would be a defect.
    pub fn ask(&self) -> Result<(Value, Question), PasskeyError> {
        let begun = self.0.start_discoverable_authentication();
        let (mut options, state) = begun.map_err(PasskeyError::Refused)?;
        // Asked for by a button, and not while a name is typed.
        options.mediation = None;
        Ok((options_of(&options)?, Question::Anybody(state)))
    }

    /// Asks somebody who is known to show one of these.
    ///
    /// # Errors
    /// [`PasskeyError::Kept`].
    pub fn ask_for(&self, credentials: &[Value]) -> Result<(Value, Question), PasskeyError> {
        let keys: Result<Vec<SecurityKey>, _> =
            credentials.iter().map(SecurityKey::deserialize).collect();
        let keys = keys.map_err(PasskeyError::Kept)?;
        let begun = self.0.start_securitykey_authentication(&keys);
        let (mut options, state) = begun.map_err(PasskeyError::Refused)?;
        // Telephones and password managers are welcome too.
        options.public_key.hints = None;
        Ok((options_of(&options)?, Question::Somebody(state)))
    }

    /// The credential as it is after its answer, which holds.
    ///
    /// # Errors
    /// [`PasskeyError::Refused`].
    pub fn answered(
        &self,
        answer: &PublicKeyCredential,
        question: Question,
        kept: &Value,
    ) -> Result<Credential, PasskeyError> {
        let result = match question {
            Question::Anybody(state) => {
                let key = Passkey::deserialize(kept).map_err(PasskeyError::Kept)?;
                self.0
                    .finish_discoverable_authentication_v2(answer, state, &key)
            }
            Question::Somebody(state) => self.0.finish_securitykey_authentication(answer, &state),
        };
        let result = result.map_err(PasskeyError::Refused)?;
        let mut key = SecurityKey::deserialize(kept).map_err(PasskeyError::Kept)?;
        key.update_credential(&result);
        credential(result.cred_id().to_vec(), &key, result.counter())
    }
}

/// Whose a passkey says that it is.
pub fn owner(answer: &PublicKeyCredential) -> Option<Uuid> {
    Uuid::from_slice(answer.get_user_unique_id()?).ok()
}

/// As a browser's `parse…OptionsFromJSON` takes them, in `publicKey`.
fn options_of(options: &impl Serialize) -> Result<Value, PasskeyError> {
    serde_json::to_value(options).map_err(PasskeyError::Kept)
}

fn credential(id: Vec<u8>, key: &impl Serialize, counter: u32) -> Result<Credential, PasskeyError> {
    let value = serde_json::to_value(key).map_err(PasskeyError::Kept)?;
    Ok(Credential { id, value, counter })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passkeys_belong_to_names_reached_by_https() {
        for good in [
            "https://localhost:8443",
            "https://openwatch.example",
            "https://host",
        ] {
            assert!(Passkeys::new(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "localhost",
            "http://localhost",
            "https://192.0.2.1",
            "https://[::1]:8443",
        ] {
            assert!(Passkeys::new(bad).is_err(), "{bad}");
        }
    }
}

//! A string that is never shown.

use std::fmt;

use zeroize::Zeroizing;

/// A password, secret key or session token. `Debug` shows nothing of it, and its memory is overwritten when
/// it is dropped.
///
/// This does not reach the copies that the SDK makes of it to sign and send a request.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes the secret over.
    pub fn new(secret: impl Into<String>) -> Self {
        Self(Zeroizing::new(secret.into()))
    }

    /// The secret itself, for the one place that sends it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl From<String> for Secret {
    fn from(secret: String) -> Self {
        Self::new(secret)
    }
}

impl From<&str> for Secret {
    fn from(secret: &str) -> Self {
        Self::new(secret)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Double, ok};
    use super::super::{
        AssumeRoleWithWebIdentity, CreateDirectory, CreateTrust, Edition, Settings, Tags, configure,
    };
    use super::*;

    #[test]
    fn debug_shows_nothing() {
        let secret = Secret::new("hunter2");
        assert_eq!(format!("{secret:?}"), "(secret)");
        assert_eq!(secret.reveal(), "hunter2");
    }

    /// What the layer passes about, and the clients with all that the SDK keeps in them. (The SDK shows the id of an
    /// access key, which is none.)
    #[tokio::test]
    async fn nothing_that_holds_a_secret_shows_it() {
        let double = Double::start(|_| ok("{}")).await;
        let web_identity = AssumeRoleWithWebIdentity {
            web_identity_token: Some("webmark".into()),
            ..AssumeRoleWithWebIdentity::default()
        };
        let settings = Settings {
            access_key: Some("AKIDEXAMPLE".into()),
            secret_key: Some("secretkeymark".into()),
            token: Some("tokenmark".into()),
            http_proxy: Some("http://user:proxymark@127.0.0.1:1".into()),
            https_proxy: Some("http://user:proxymark@127.0.0.1:1".into()),
            skip_credentials_validation: true,
            skip_requesting_account_id: true,
            ..double.settings()
        };
        let with_role = Settings { assume_role_with_web_identity: Some(web_identity), ..settings.clone() };
        let directory = CreateDirectory {
            name: "corp.example.com".to_owned(),
            short_name: None,
            description: None,
            edition: Edition::Standard,
            password: "passwordmark".into(),
            vpc_id: "vpc-1".to_owned(),
            subnet_ids: Vec::new(),
            tags: Tags::new(),
        };
        let trust = CreateTrust {
            directory_id: "d-1".to_owned(),
            remote_domain_name: "onprem.example.org".to_owned(),
            password: "passwordmark".into(),
            direction: "Two-Way".to_owned(),
            trust_type: "Forest".to_owned(),
            selective_auth: false,
            conditional_forwarder_ip_addrs: Vec::new(),
        };
        let (plain, role) = (configure(&settings).await.unwrap(), configure(&with_role).await.unwrap());
        for aws in [&plain, &role] {
            // The clients come into being here.
            let (..) = (aws.ds(), aws.iam(), aws.rds(), aws.ec2(), aws.sts());
        }
        let things: [&dyn fmt::Debug; 6] = [&settings, &with_role, &directory, &trust, &plain, &role];
        for thing in things {
            for shown in [format!("{thing:?}"), format!("{thing:#?}")] {
                let at = shown.find("mark");
                assert_eq!(at.map(|at| &shown[at.saturating_sub(80)..at]), None);
            }
        }
        assert!(format!("{directory:?}").contains("corp.example.com"), "the rest is shown");
    }
}

//! `aurorakerberos_directory`: an AWS Managed Microsoft AD.
//!
//! Aurora User Guide, *Setting up Kerberos authentication for PostgreSQL DB clusters*, step 1. The calls are those of
//! AWS Directory Service: CreateMicrosoftAD, CreateAlias, EnableSso, UpdateNumberOfDomainControllers,
//! UpdateDirectorySetup, EnableDirectoryDataAccess, ResetUserPassword, DeleteDirectory.

mod create;
mod delete;
mod password;
mod plan;
mod read;
mod update;

use std::collections::{BTreeMap, BTreeSet};

use tf_provider::framework::{
    Apply, Blame, Config, Context, DefaultTimeouts, Diagnostic, Diagnostics, Failure, Plan, Resource, Scope,
    Secret, Timeouts, validate,
};

pub(crate) use plan::is_on_the_way;

use super::validators;
use crate::aws::{self, Aws, CreateDirectory, Edition};
use crate::tags;

tf_provider::model! {
    /// Manages an AWS Managed Microsoft AD directory, the Active Directory that Aurora clusters join for Kerberos
    /// authentication (step 1 of the Aurora guide).
    ///
    /// Creating a directory takes 20 to 45 minutes. Its id is stored as soon as AWS gives it, so an interrupted (Ctrl-C)
    /// or failed creation never leaves a directory behind that no state knows. Creation has no idempotency token at AWS:
    /// after a lost answer the provider looks for the directory that the lost request made, and adopts it with a warning,
    /// instead of creating a second one. Where Terraform or the provider is killed before the state is written, the next
    /// apply creates no second directory of the same name in the same subnets either: it fails, names the one that is
    /// there, and tells the `import` block that adopts it.
    ///
    /// **Passwords.** With Terraform 1.11 or OpenTofu 1.11 and later, use `admin_password_wo` with
    /// `admin_password_wo_version`: the password is sent to AWS and stored nowhere. Raise the version to set a new
    /// password; it is set in place, and no directory is replaced for it. With `admin_password` the password lies in the
    /// state and in plan files, in plain text for whoever can read them. An imported directory has no password in its
    /// state: the first version (or `admin_password`) that is applied after an import is only recorded, and no password
    /// is reset; every later change resets it.
    ///
    /// **Editions.** From `Standard` to `Enterprise` a directory is upgraded in place. This takes four to five hours, which
    /// the default `update` timeout of six hours allows for, and AWS has no way back: from `Enterprise` to `Standard`
    /// replaces the directory.
    ///
    /// **Destroying.** Users, computers and policies in the directory are lost with it, and so is every login through it.
    /// Protect it with `lifecycle { prevent_destroy = true }`. AWS refuses to delete a directory that clusters are joined
    /// to or that is shared; the error then names them.
    ///
    /// **Failed creations.** Terraform marks a directory whose creation ended with an error as tainted, and replaces it at
    /// the next apply. `terraform untaint` keeps it instead: the next apply then goes on where the creation ended. A creation
    /// that is interrupted (Ctrl-C) taints nothing: the next apply waits for the directory and does what is left to do.
    pub struct Directory / DirectoryView {
        /// Fully qualified domain name of the directory, such as `corp.example.com`. Another name replaces the directory.
        pub name: String => required().replace().validate(validators::domain_name).spelling(str::to_lowercase),
        /// NetBIOS name of the directory, such as `CORP`. AWS takes the first label of `name` where it is left out.
        /// Another name replaces the directory.
        pub short_name: Option<String> => optional().computed().kept().replace().validate(validators::netbios_name)
            .spelling(str::to_uppercase),
        /// Description of the directory. Another description replaces the directory.
        pub description: Option<String> => optional().computed().kept().replace().length(1, 128).validate(validators::directory_description),
        /// Edition: `Standard` (up to about 30,000 objects) or `Enterprise` (up to about 500,000 objects). A new directory is
        /// `Enterprise` where it is left out, as AWS has it. `Standard` is upgraded to `Enterprise` in place; the way back
        /// replaces the directory.
        pub edition: Option<String> => optional().computed().kept().one_of(&["Standard", "Enterprise"])
            .replace_if(plan::edition_replaces),
        /// Ids of exactly 2 subnets of one VPC in different Availability Zones, for the domain controllers. Another pair
        /// replaces the directory.
        pub subnet_ids: BTreeSet<String> => required().replace().length(2, 2).validate_each(validators::subnet_id),
        /// Id of the VPC of the subnets. Where it is left out, the provider asks EC2 for it. Another VPC replaces the directory.
        pub vpc_id: Option<String> => optional().computed().kept().replace().validate(validators::vpc_id),
        /// Password of the directory's user `Admin`, never stored: 8 to 64 characters, of at least three of the four classes
        /// lower-case letters, upper-case letters, digits and others, without the word "admin" in any case. Needs
        /// `admin_password_wo_version`. A new directory needs either this or `admin_password`.
        pub admin_password_wo: Option<Secret> => optional().write_only().validate(password::check),
        /// Version of `admin_password_wo`: any number; another one sends the password to AWS (ResetUserPassword).
        pub admin_password_wo_version: Option<i64> => optional(),
        /// Password of the directory's user `Admin`, **stored in the state and in plan files**; the rules are those of
        /// `admin_password_wo`, which should be used where Terraform is 1.11 or later. Another one is set in place.
        /// Conflicts with `admin_password_wo`.
        pub admin_password: Option<Secret> => optional().sensitive().validate(password::check),
        /// Number of domain controllers, two or more. It is changed in place. A new directory has two where it is left out.
        pub desired_number_of_domain_controllers: Option<i64> => optional().computed().kept().between(2, i64::MAX),
        /// Alias of the directory, the first label of its access URL, unique in all of AWS. It can be set once; another one
        /// replaces the directory.
        pub alias: Option<String> => optional().computed().kept().validate(plan::check_alias)
            .replace_if(|old, _| !old.is_null()),
        /// Whether single sign-on to AWS applications is enabled. It needs an `alias`. Off on a new directory where it
        /// is left out; an existing directory stays as it is.
        pub enable_sso: Option<bool> => optional().computed().kept(),
        /// Whether the Directory Service Data API, with which users and groups are managed, is enabled. Without
        /// this argument it is neither looked at nor changed, but off again where the argument had switched it on.
        pub enable_directory_data_access: Option<bool> => optional(),
        /// Tags of the directory. They take precedence over the provider's `default_tags`.
        pub tags: Option<BTreeMap<String, String>> => optional().validate(tags::check),
        /// All tags of the directory, the provider's `default_tags` included.
        pub tags_all: BTreeMap<String, String> => computed().kept(),
        /// Id of the directory, such as `d-1234567890`.
        pub id: String => computed().kept(),
        /// ARN of the directory.
        pub arn: String => computed().kept(),
        /// Addresses of the directory's DNS servers, sorted.
        pub dns_ip_addresses: Vec<String> => computed().kept(),
        /// Id of the security group of the domain controllers.
        pub security_group_id: String => computed().kept(),
        /// Access URL of the directory.
        pub access_url: String => computed().kept(),
        /// Availability Zones of the subnets, sorted.
        pub availability_zones: Vec<String> => computed().kept(),
        /// Stage of the directory, `Active` when all is well.
        pub stage: String => computed().kept(),
        /// When the directory was created, in RFC 3339 notation.
        pub launch_time: String => computed().kept(),
        /// Id of the AWS account that owns the directory.
        pub owner_account_id: Option<String> => computed().kept(),
        /// How long operations may take. By default an update has six hours, for the upgrade of the edition, and all else
        /// one hour.
        pub timeouts: Option<Timeouts> => block(),
    }
}

tf_provider::model! {
    /// What identifies a directory.
    pub struct DirectoryIdentity / DirectoryIdentityView {
        /// Id of the directory.
        pub id: String => required(),
        /// Id of the AWS account.
        pub account_id: Option<String> => optional(),
        /// AWS Region.
        pub region: Option<String> => optional(),
    }
}

/// The resource.
#[derive(Debug, Default)]
pub(crate) struct Directories {
    created: create::Created,
}

impl Resource for Directories {
    type Client = Aws;
    type Model = Directory;
    type Identity = DirectoryIdentity;

    const NAME: &'static str = "directory";
    /// The upgrade of the edition, an update, takes four to five hours.
    const TIMEOUTS: DefaultTimeouts = DefaultTimeouts::minutes(60, 360, 60);

    fn label(&self, directory: &Directory) -> String {
        if directory.id.is_empty() { directory.name.clone() } else { directory.id.clone() }
    }

    fn validate(&self, config: &Config<'_, Directory>, found: &mut Diagnostics) {
        validate::at_most_one_of(config.value, &["admin_password", "admin_password_wo"], found);
        validate::requires(config.value, "admin_password_wo", "admin_password_wo_version", found);
        validate::requires(config.value, "admin_password_wo_version", "admin_password_wo", found);
    }

    fn adjust_plan(&self, plan: &mut Plan<'_, Directory>, client: Option<&Aws>) {
        plan::adjust(plan, client);
    }

    async fn check_plan(&self, aws: &Aws, plan: &Plan<'_, Directory>, _context: &Context) -> Diagnostics {
        plan::check_subnets(aws, plan).await
    }

    async fn create(
        &self,
        aws: &Aws,
        mut directory: Directory,
        apply: &Apply<Directory>,
    ) -> Result<Directory, Failure> {
        let vpc_id = match &directory.vpc_id {
            Some(vpc_id) => vpc_id.clone(),
            None => create::vpc_of(aws, &directory.subnet_ids).await?,
        };
        apply.go_on("creating the directory")?;
        let input = to_create_input(aws, &directory, vpc_id)?;
        let id = create::request(aws, &input, &self.created, apply).await?;
        directory.vpc_id = Some(input.vpc_id);
        directory.tags_all = input.tags;
        directory.arn = arn(aws, &id);
        directory.owner_account_id.clone_from(&aws.account_id);
        directory.id = id;
        apply.set_object(format!("aurorakerberos_directory ({})", directory.id));
        apply.save(&directory);

        match create::finish(aws, &mut directory, apply).await {
            // An error would taint a directory that is as good as any.
            Err(failure) if failure.blame == Blame::Stopped => {
                apply.warn(interrupted(&directory, &failure));
                Ok(directory)
            }
            failed => failed.map(|()| directory),
        }
    }

    async fn read(
        &self,
        aws: &Aws,
        mut state: Directory,
        context: &Context,
    ) -> Result<Option<Directory>, Failure> {
        let Some(found) = read::find(aws, &state, context).await? else { return Ok(None) };
        if found.directory_type != "MicrosoftAD" {
            let problem = format!(
                "{} is no AWS Managed Microsoft AD of this account, but a {}.",
                found.id, found.directory_type
            );
            return Err(Failure::unexpected(problem)
                .advise("Only a directory of the type MicrosoftAD, in the account that owns it, is managed by this resource."));
        }
        if let Some(warning) = stage_warning(&found) {
            context.warn(warning);
        }
        let (tags, data_access) =
            tokio::join!(read::tags(aws, &found.id, &state), read::data_access(aws, &found, &state));
        // The last of a deletion may come between two questions.
        if tags.as_ref().is_err_and(aws::Error::not_found)
            && read::find(aws, &state, context).await?.is_none()
        {
            return Ok(None);
        }
        (state.tags, state.tags_all) = tags?;
        state.enable_directory_data_access = data_access?;
        state.alias = alias_of(&found);
        state.enable_sso = Some(found.sso_enabled);
        state.desired_number_of_domain_controllers =
            found.desired_number_of_domain_controllers.map(i64::from);
        state.observe(aws, &found);
        state.observe_stage(&found);
        Ok(Some(state))
    }

    async fn update(
        &self,
        aws: &Aws,
        prior: Directory,
        planned: Directory,
        apply: &Apply<Directory>,
    ) -> Result<Directory, Failure> {
        update::apply(aws, prior, planned, apply).await
    }

    async fn delete(&self, aws: &Aws, state: Directory, apply: &Apply<Directory>) -> Result<(), Failure> {
        delete::delete(aws, &state.id, apply).await
    }

    fn scope(&self, client: &Aws) -> Scope {
        super::in_region(client)
    }

    fn parse_import_id(&self, id: &str) -> Result<DirectoryIdentity, String> {
        if validators::is_directory_id(id) {
            return Ok(DirectoryIdentity { id: id.to_owned(), ..DirectoryIdentity::default() });
        }
        Err("The import id is the id of the directory, of the form d-1234567890: \"d-\" and ten of the digits 0-9 and a-f."
            .to_owned())
    }

    fn imported(&self, identity: DirectoryIdentity) -> Result<Directory, Failure> {
        let DirectoryIdentity { id, .. } =
            self.parse_import_id(&identity.id).map_err(|problem| Failure::config("id", problem))?;
        Ok(Directory { id, ..Directory::default() })
    }

    fn identity(&self, aws: &Aws, directory: &Directory) -> DirectoryIdentity {
        DirectoryIdentity {
            id: directory.id.clone(),
            account_id: aws.account_id.clone(),
            region: Some(aws.region.clone()),
        }
    }
}

impl Directory {
    /// The password that the configuration gives, if any.
    fn password(&self) -> Option<&Secret> {
        self.admin_password_wo.as_ref().or(self.admin_password.as_ref())
    }

    /// Takes over what never changes, and the edition. What AWS leaves out stays as it is.
    fn observe(&mut self, aws: &Aws, found: &aws::Directory) {
        if !found.name.is_empty() {
            self.name.clone_from(&found.name);
        }
        keep_or_take(&mut self.short_name, found.short_name.as_ref());
        keep_or_take(&mut self.description, found.description.as_ref().filter(|text| !text.is_empty()));
        keep_or_take(&mut self.edition, found.edition.as_ref());
        keep_or_take(&mut self.vpc_id, found.vpc_id.as_ref());
        if !found.subnet_ids.is_empty() {
            self.subnet_ids = found.subnet_ids.iter().cloned().collect();
        }
        self.arn = arn(aws, &found.id);
        self.launch_time = found.launch_time.map(|time| time.to_string()).unwrap_or_default();
        self.owner_account_id.clone_from(&aws.account_id);
    }

    /// Takes over what depends on the stage.
    fn observe_stage(&mut self, found: &aws::Directory) {
        self.stage.clone_from(&found.stage);
        self.security_group_id = found.security_group_id.clone().unwrap_or_default();
        self.access_url = found.access_url.clone().unwrap_or_default();
        self.dns_ip_addresses = sorted(&found.dns_ip_addresses);
        self.availability_zones = sorted(&found.availability_zones);
    }
}

fn keep_or_take(kept: &mut Option<String>, found: Option<&String>) {
    if let Some(found) = found {
        *kept = Some(found.clone());
    }
}

fn sorted(texts: &[String]) -> Vec<String> {
    let mut texts = texts.to_vec();
    texts.sort();
    texts
}

/// AWS shows the directory's id where no alias was set.
fn alias_of(found: &aws::Directory) -> Option<String> {
    found.alias.clone().filter(|alias| *alias != found.id && !alias.is_empty())
}

fn arn(aws: &Aws, id: &str) -> String {
    let account = aws.account_id.as_deref().unwrap_or_default();
    format!("arn:{}:ds:{}:{account}:directory/{id}", aws.partition, aws.region)
}

fn to_create_input(aws: &Aws, directory: &Directory, vpc_id: String) -> Result<CreateDirectory, Failure> {
    let password = directory.password().ok_or_else(|| {
        Failure::config(
            "admin_password_wo",
            "A new directory needs a password for its user Admin, and the value is null.",
        )
    })?;
    Ok(CreateDirectory {
        name: directory.name.clone(),
        short_name: directory.short_name.clone(),
        description: directory.description.clone(),
        edition: match directory.edition.as_deref() {
            Some("Standard") => Edition::Standard,
            _ => Edition::Enterprise,
        },
        password: aws::Secret::new(password.expose()),
        vpc_id,
        subnet_ids: directory.subnet_ids.iter().cloned().collect(),
        tags: tags::all(aws, directory.tags.as_ref()),
    })
}

/// What a refresh has to say about a directory that is there but not well.
fn stage_warning(found: &aws::Directory) -> Option<Diagnostic> {
    let advice = match found.stage.as_str() {
        "Impaired" => {
            "It works, but not fully. See the directory's maintenance page in the AWS console; logins may be slow or fail."
        }
        "Inoperable" => {
            "Logins through it fail. See \"Troubleshooting AWS Managed Microsoft AD\" in the AWS documentation, or contact AWS Support."
        }
        "RestoreFailed" => {
            "Restoring it from a snapshot failed. Restore it again, from another snapshot if need be, or contact AWS Support."
        }
        "Failed" => "Its creation failed. Replace it: `terraform apply -replace=ADDRESS`.",
        "Deleting" => {
            "Somebody is deleting it. When it is gone, the next plan creates a new one, unless it is taken out of the configuration."
        }
        _ => return None,
    };
    let reason = found.stage_reason.as_deref().unwrap_or("AWS gives no reason.");
    let summary = format!("Directory {} is in the stage {}", found.id, found.stage);
    Some(Diagnostic::warning(summary, format!("{reason}\n\n{advice}")).at("stage"))
}

fn interrupted(directory: &Directory, failure: &Failure) -> Diagnostic {
    Diagnostic::warning(
        format!("Creation of directory {} was interrupted", directory.id),
        format!(
            "{} AWS goes on creating it. The state holds the directory, and the next apply waits for it and does what \
             is left to do.",
            failure.problem
        ),
    )
}

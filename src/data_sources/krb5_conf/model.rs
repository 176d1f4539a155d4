//! The attributes of `aurorakerberos_krb5_conf`. What they mean to a client is from krb5.conf(5) of MIT krb5.

use tf_provider::value::Number;

use crate::resources::validators;

tf_provider::model! {
    /// Renders the `krb5.conf` with which clients log in to Aurora PostgreSQL: step 8 of AWS's guide *Setting up
    /// Kerberos authentication for PostgreSQL DB clusters*.
    ///
    /// With `directory_id`, the realm, its KDC and the realms of the directory's trusts are read from Directory Service.
    /// Name the trusts of the same configuration in `depends_on`: a trust that the same apply creates is otherwise in the
    /// file only after the next one. Without `directory_id` nothing is read from AWS at all: the file is rendered from
    /// the arguments alone, and is known at plan time as soon as they are. Where the provider cannot be configured (no
    /// credentials), the function `provider::aurorakerberos::krb5_conf` renders the same bytes.
    pub struct Krb5Conf / Krb5ConfView {
        /// Directory (`d-` and ten hexadecimal digits) from which the realm, its KDC and the realms of its trusts are read.
        /// The realm is the directory's domain name in upper case; its KDC and its administration server are the domain
        /// name itself, as in AWS's guide, because the domain's name leads to every domain controller. Needs
        /// `ds:DescribeDirectories`, and `ds:DescribeTrusts` unless `include_trusts` is false. A `realm` block with the name
        /// of a realm that is read so takes its place.
        pub directory_id: Option<String> => optional().validate(validators::directory_id),
        /// Whether to add the realms of the domains that `directory_id` has a trust with. Default `true`. Trusts that failed
        /// or are being deleted are left out; where another account shares the directory and none are shown, a warning says
        /// so. The realm of a trust has its domain's name as KDC; where clients cannot resolve that, write a `realm` block.
        /// For users in child domains of a trusted forest, leave `dns_lookup_kdc` unset or write a `realm` block for the
        /// child domain.
        pub include_trusts: Option<bool> => optional(),
        /// Whether the addresses of the directory's DNS servers, which are its domain controllers, are written instead of
        /// its domain name: for clients that cannot resolve the domain. Default `false`. The addresses of a directory can
        /// change when controllers are replaced or added; render the file again then. Needs `directory_id`.
        pub use_dns_ips_as_kdc: Option<bool> => optional(),
        /// Realm of users who do not name one (`kinit alice`). Default: the realm of `directory_id`, else the first
        /// `realm` block. With an on-premises Active Directory, set it to the realm where the users are.
        pub default_realm: Option<String> => optional().computed(),
        /// Realm that Aurora's endpoints belong to: the one of the AWS Managed Microsoft AD, also when the users are in an
        /// on-premises directory. It is written for the three suffixes of AWS's guide, `.rds.amazonaws.com`,
        /// `.amazonaws.com.cn` and `.amazon.com`. Without it a user of another realm (`bob@ONPREM.COM`) asks a realm named
        /// after the endpoint for the ticket and cannot log in; users of the directory's own realm can. Default: the realm
        /// of `directory_id`, else none. The empty string: none.
        pub rds_realm: Option<String> => optional(),
        /// More lines of `[domain_realm]`: host names (`db.example.com`) or everything below a domain (`.example.com`), each
        /// with its realm. The longest match counts. For hosts whose realm neither `rds_realm` nor a realm's `domains` tell.
        pub domain_realm: Option<std::collections::BTreeMap<String, String>> => optional(),
        /// Whether clients look in DNS (SRV records) for the KDCs of realms that have none in the file. Clients do unless
        /// told not to. `false` spares them seconds of waiting where DNS is dead; then every realm needs `kdc`.
        pub dns_lookup_kdc: Option<bool> => optional(),
        /// Whether clients look in DNS (TXT records) for the realm of a host that `[domain_realm]` does not know. Clients do
        /// not unless told to (`hardened` says so expressly): whoever can write such a record decides which realm is asked.
        pub dns_lookup_realm: Option<bool> => optional(),
        /// Whether clients replace the endpoint's name by the one DNS gives for it before they ask for a ticket: `true`,
        /// `false`, or `fallback` (only when the name as it was typed is unknown; MIT 1.18 and later). Clients do unless told not to.
        /// Where an endpoint is a CNAME and its address has a PTR record, they then ask for a ticket of
        /// `postgres/ip-10-0-0-5.ec2.internal`, which the directory does not know: the login fails with the guide's sample.
        /// `false` (or `style = "hardened"`) cures that, and so does `fallback`, which also lets clients connect by an
        /// alias of the endpoint that only DNS knows.
        pub dns_canonicalize_hostname: Option<String> => optional(),
        /// Whether that replacement goes on to the name in reverse DNS (PTR). Clients do unless told not to. `false` helps
        /// where the PTR record alone is wrong; it has no effect once `dns_canonicalize_hostname` is `false`.
        pub rdns: Option<bool> => optional(),
        /// How long tickets are asked for, such as `10h` or `1d12h`, or a number of seconds. MIT clients ask for a day; the
        /// directory's own limit counts where it is shorter (Active Directory's default is ten hours).
        pub ticket_lifetime: Option<String> => optional(),
        /// How long tickets can be renewed (`kinit -R`), such as `7d`. Unset or `0`: not at all. For services that run
        /// longer than a ticket lives.
        pub renew_lifetime: Option<String> => optional(),
        /// Whether tickets may be handed on to another host. Clients do not ask for such tickets unless told to, and a
        /// database login does not need one.
        pub forwardable: Option<bool> => optional(),
        /// Size in bytes above which a message to the KDC goes over TCP first, 0 to 32700. `1`: always TCP, for users in
        /// so many groups that tickets do not fit into UDP, or where a firewall drops UDP. Then open port 88 for TCP.
        pub udp_preference_limit: Option<Number> => optional(),
        /// Encryption types that clients ask for in the first ticket, the best first. Leave it out unless a policy demands
        /// certain types: clients know better which they have. Both this and `permitted_enctypes` take the names of
        /// krb5.conf(5), such as `aes256-cts-hmac-sha1-96`.
        pub default_tkt_enctypes: Option<Vec<String>> => optional(),
        /// Encryption types that clients accept at all, the best first. Without RC4 here, an account of the directory that
        /// has no AES key yet (its password is older than the domain's AES support) cannot log in.
        pub permitted_enctypes: Option<Vec<String>> => optional(),
        /// What is written for arguments that are not set. `minimal` (default): nothing, so that the file is AWS's sample.
        /// `hardened`: `dns_canonicalize_hostname = false`, `rdns = false` and `dns_lookup_realm = false`, so that a ticket
        /// is asked for the endpoint as it was typed, whatever CNAME, PTR and TXT records say. An argument that is set wins
        /// over the style.
        pub style: Option<String> => optional(),
        /// A realm. Realms are written in the order of their blocks; those of `directory_id` come first.
        pub realm: Vec<RealmBlock> => block(),
        /// The file.
        pub content: String => computed(),
        /// SHA-256 of `content` in hexadecimal.
        pub content_sha256: String => computed(),
        /// The realms that have a block in the file, in its order.
        pub realms: Vec<String> => computed(),
        /// The same as `content_sha256`.
        pub id: String => computed(),
    }
}

tf_provider::model! {
    /// A realm.
    pub struct RealmBlock / RealmBlockView {
        /// Name of the realm, the domain of an Active Directory in upper case: `CORP.EXAMPLE.COM`.
        pub name: String => required(),
        /// KDCs (domain controllers), `host` or `host:port`, asked in this order. The name of the domain stands for all its
        /// controllers. Without any, clients look in DNS.
        pub kdc: Option<Vec<String>> => optional(),
        /// Administration server, `host` or `host:port`. Clients without `kpasswd_server` change passwords there, at port
        /// 464.
        pub admin_server: Option<String> => optional(),
        /// Server for password changes, `host` or `host:port`. Needed only where it is not `admin_server` at port 464.
        pub kpasswd_server: Option<String> => optional(),
        /// KDC that is asked again when another one refuses a password, because a new password may not have reached that
        /// one yet.
        pub master_kdc: Option<String> => optional(),
        /// DNS domains whose hosts belong to the realm. For each, both `.example.com` and `example.com` are written, as some
        /// clients take the one without the dot for the host alone. Default: the realm's name in lower case. An empty
        /// list: none.
        pub domains: Option<Vec<String>> => optional(),
    }
}

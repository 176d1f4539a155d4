# Users of an on-premises Active Directory, from arguments alone
data "aurorakerberos_krb5_conf" "clients" {
  # People log in as alice@ONPREM.COM or, as this is the default, as alice.
  default_realm = "ONPREM.COM"

  # Aurora's endpoints belong to the AWS Managed Microsoft AD, also for users from elsewhere.
  rds_realm = "EXAMPLE.COM"

  realm {
    name         = "EXAMPLE.COM"
    kdc          = ["example.com"]
    admin_server = "example.com"
  }

  realm {
    name         = "ONPREM.COM"
    kdc          = ["dc1.onprem.com", "dc2.onprem.com"]
    admin_server = "dc1.onprem.com"
  }
}

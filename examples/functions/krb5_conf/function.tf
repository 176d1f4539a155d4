# The same file as the data source renders, where there are no AWS credentials.
output "krb5_conf" {
  value = provider::aurorakerberos::krb5_conf({
    style     = "hardened"
    rds_realm = "CORP.EXAMPLE.COM"
    realm = [{
      name         = "CORP.EXAMPLE.COM"
      kdc          = ["corp.example.com"]
      admin_server = "corp.example.com"
    }]
  })
}

# Delivery on this machine
data "aurorakerberos_krb5_conf" "clients" {
  style     = "hardened"
  rds_realm = "CORP.EXAMPLE.COM"

  realm {
    name         = "CORP.EXAMPLE.COM"
    kdc          = ["corp.example.com"]
    admin_server = "corp.example.com"
  }
}

resource "local_file" "krb5_conf" {
  filename        = "/etc/krb5.conf"
  content         = data.aurorakerberos_krb5_conf.clients.content
  file_permission = "0644"
}

# Delivery to a new instance, by cloud-init
data "aurorakerberos_krb5_conf" "clients" {
  style     = "hardened"
  rds_realm = "CORP.EXAMPLE.COM"

  realm {
    name         = "CORP.EXAMPLE.COM"
    kdc          = ["corp.example.com"]
    admin_server = "corp.example.com"
  }
}

# For `user_data` of an instance or a launch template. cloud-init writes the file at the first boot only.
output "user_data" {
  value = join("\n", ["#cloud-config", yamlencode({
    write_files = [{
      path        = "/etc/krb5.conf"
      permissions = "0644"
      encoding    = "b64"
      content     = base64encode(data.aurorakerberos_krb5_conf.clients.content)
    }]
  })])
}

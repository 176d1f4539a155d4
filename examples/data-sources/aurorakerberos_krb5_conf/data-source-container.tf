# Delivery into a container, by Amazon ECS
data "aurorakerberos_krb5_conf" "clients" {
  style     = "hardened"
  rds_realm = "CORP.EXAMPLE.COM"

  realm {
    name         = "CORP.EXAMPLE.COM"
    kdc          = ["corp.example.com"]
    admin_server = "corp.example.com"
  }
}

# For `container_definitions` of a task definition. Clients read the file that KRB5_CONFIG names; on Kubernetes, mount a
# config map that holds `content` at /etc/krb5.conf instead.
output "container_definitions" {
  value = jsonencode([{
    name       = "app"
    image      = "example/app:1"
    entryPoint = ["/bin/sh", "-c"]
    command    = ["echo \"$KRB5_CONF_BASE64\" | base64 -d >\"$KRB5_CONFIG\" && exec /app"]
    environment = [
      { name = "KRB5_CONFIG", value = "/tmp/krb5.conf" },
      { name = "KRB5_CONF_BASE64", value = base64encode(data.aurorakerberos_krb5_conf.clients.content) },
    ]
  }])
}

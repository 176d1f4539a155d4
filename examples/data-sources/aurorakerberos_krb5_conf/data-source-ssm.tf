# Delivery to running instances, by Systems Manager
data "aurorakerberos_krb5_conf" "clients" {
  style     = "hardened"
  rds_realm = "CORP.EXAMPLE.COM"

  realm {
    name         = "CORP.EXAMPLE.COM"
    kdc          = ["corp.example.com"]
    admin_server = "corp.example.com"
  }
}

resource "aws_ssm_document" "krb5_conf" {
  name            = "krb5-conf"
  document_type   = "Command"
  document_format = "JSON"

  content = jsonencode({
    schemaVersion = "2.2"
    description   = "Writes /etc/krb5.conf"
    mainSteps = [{
      action = "aws:runShellScript"
      name   = "write"
      inputs = {
        runCommand = [
          "set -eu",
          # The file is whole at every moment, whoever reads it meanwhile.
          "echo ${base64encode(data.aurorakerberos_krb5_conf.clients.content)} | base64 -d >/etc/krb5.conf.new",
          "chmod 0644 /etc/krb5.conf.new",
          "mv /etc/krb5.conf.new /etc/krb5.conf",
        ]
      }
    }]
  })
}

# Runs at once, on instances that come later, and again when the document changes.
resource "aws_ssm_association" "krb5_conf" {
  name             = aws_ssm_document.krb5_conf.name
  document_version = aws_ssm_document.krb5_conf.latest_version

  targets {
    key    = "tag:Role"
    values = ["database-client"]
  }
}

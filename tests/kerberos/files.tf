# The files that suite.py proves, asked for through the provider. A test writes each output to a file of its name.

terraform {
  required_providers {
    aurorakerberos = {
      source = "aurorakerberos/aurorakerberos"
    }
  }
}

variable "example_port" {
  description = "Port of EXAMPLE.COM's KDC on 127.0.0.1."
  type        = number
}

variable "onprem_port" {
  description = "Port of ONPREM.COM's KDC on 127.0.0.1."
  type        = number
}

locals {
  # file => arguments; a null leaves the argument out.
  files = {
    "sample.conf"     = { realms = ["EXAMPLE.COM"], rds = null }
    "trust.conf"      = { realms = ["EXAMPLE.COM", "ONPREM.COM"], rds = "EXAMPLE.COM" }
    "hardened.conf"   = { realms = ["EXAMPLE.COM", "ONPREM.COM"], rds = "EXAMPLE.COM", style = "hardened" }
    "fallback.conf"   = { realms = ["EXAMPLE.COM", "ONPREM.COM"], rds = "EXAMPLE.COM", canonicalize = "fallback" }
    "ports.conf"      = { realms = ["EXAMPLE.COM", "ONPREM.COM"], rds = "EXAMPLE.COM", ports = true }
    "no-mapping.conf" = { realms = ["EXAMPLE.COM", "ONPREM.COM"], rds = null, ports = true }
    "samba.conf"      = { realms = ["CORP.EXAMPLE.COM"], rds = "CORP.EXAMPLE.COM", style = "hardened" }
  }
  port = { "EXAMPLE.COM" = var.example_port, "ONPREM.COM" = var.onprem_port }
}

data "aurorakerberos_krb5_conf" "file" {
  for_each = local.files

  rds_realm                 = each.value.rds
  style                     = try(each.value.style, null)
  dns_canonicalize_hostname = try(each.value.canonicalize, null)
  dns_lookup_kdc            = try(each.value.ports, false) ? false : null

  dynamic "realm" {
    for_each = each.value.realms
    content {
      name         = realm.value
      kdc          = try(each.value.ports, false) ? ["127.0.0.1:${local.port[realm.value]}"] : [lower(realm.value)]
      admin_server = try(each.value.ports, false) ? "127.0.0.1" : lower(realm.value)
    }
  }
}

output "files" {
  value = { for name, file in data.aurorakerberos_krb5_conf.file : name => file.content }
}

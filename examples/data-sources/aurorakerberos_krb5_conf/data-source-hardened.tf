# Hardened: endpoints that are CNAMEs, and KDCs that DNS does not know
data "aurorakerberos_krb5_conf" "clients" {
  style          = "hardened"
  dns_lookup_kdc = false
  rds_realm      = "CORP.EXAMPLE.COM"

  # Always TCP: users in many groups have tickets that do not fit into UDP.
  udp_preference_limit = 1

  realm {
    name         = "CORP.EXAMPLE.COM"
    kdc          = ["10.0.0.10", "10.0.1.10"]
    admin_server = "10.0.0.10"
  }
}

import {
  to = aurorakerberos_domain_association.orders

  identity = {
    cluster_identifier = "orders"
  }
}

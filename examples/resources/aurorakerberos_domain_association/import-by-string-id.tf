import {
  to = aurorakerberos_domain_association.orders
  id = "orders"
}

# What Windows clients type when their users are in an on-premises Active Directory.
output "windows_host" {
  value = provider::aurorakerberos::windows_endpoint(
    "demo.cluster-abcdefghijkl.eu-central-1.rds.amazonaws.com",
    "corp.example.com",
  )
}
# demo.cluster-abcdefghijkl.eu-central-1.corp.example.com

#include "lab/dns_tree.h"

#include <utility>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "base/status_macros.h"
#include "lab/parallel.h"

namespace lab {
namespace {

constexpr int kCustomerMinimumSeconds = 5;
constexpr int kDelegationMinimumSeconds = 1;

// A zone with its two nameservers inside itself.
std::string ZoneText(const std::string& zone, int minimum_seconds,
                     const std::vector<std::string>& addresses) {
  std::string text = absl::StrFormat(
      "%1$s. %2$d SOA ns1.%1$s. hostmaster.%1$s. 1 60 60 3600 %2$d\n", zone, minimum_seconds);
  int number = 0;
  for (const std::string& address : addresses) {
    text += absl::StrFormat("%1$s. 60 NS ns%2$d.%1$s.\nns%2$d.%1$s. 60 A %3$s\n", zone, ++number,
                            address);
  }
  return text;
}

// What the zone above says of such a zone: NS and glue.
std::vector<std::string> Delegations(const std::string& zone,
                                     const std::vector<std::string>& addresses) {
  std::vector<std::string> records;
  int number = 0;
  for (const std::string& address : addresses) {
    const std::string nameserver = absl::StrFormat("ns%d.%s.", ++number, zone);
    records.push_back(absl::StrFormat("%s. 60 NS %s", zone, nameserver));
    records.push_back(absl::StrFormat("%s 60 A %s", nameserver, address));
  }
  return records;
}

}  // namespace

absl::StatusOr<std::unique_ptr<DnsTree>> DnsTree::Start(const Stack& stack, Options options) {
  std::unique_ptr<DnsTree> tree(new DnsTree(stack, std::move(options)));
  RETURN_IF_ERROR(
      InParallel({[&tree] { return tree->StartRoot(); }, [&tree] { return tree->StartCustomers(); },
                  [&tree] { return tree->StartDelegation(); }}));
  return tree;
}

DnsTree::DnsTree(const Stack& stack, Options options)
    : stack_(stack),
      has_delegation_secondary_(options.delegation_secondary),
      customer_zones_(std::move(options.customer_zones)) {}

std::vector<std::string> DnsTree::delegation_servers() const {
  std::vector<std::string> servers = {stack_.Address(host::kDelegationPrimary)};
  if (has_delegation_secondary_) servers.push_back(stack_.Address(host::kDelegationSecondary));
  return servers;
}

absl::Status DnsTree::AddCustomerZone(const std::string& zone) {
  RETURN_IF_ERROR(customer_first_->AddZone(CustomerZone(zone)));
  RETURN_IF_ERROR(customer_second_->AddZone(CustomerZone(zone)));
  std::vector<std::string> lines;
  for (const std::string& record : Delegations(zone, CustomerStub(zone).addresses)) {
    lines.push_back("add " + record);
  }
  RETURN_IF_ERROR(root_->Update("test", customer_key_.name, lines));
  customer_zones_.push_back(zone);
  return absl::OkStatus();
}

std::vector<Stub> DnsTree::Stubs() const {
  const std::vector<std::string> root = {stack_.Address(host::kRoot)};
  std::vector<Stub> stubs = {
      {.zone = ".", .addresses = root},
      {.zone = "test", .addresses = root},
      {.zone = kDelegationZone, .addresses = delegation_servers()},
  };
  for (const std::string& zone : customer_zones_) stubs.push_back(CustomerStub(zone));
  return stubs;
}

Stub DnsTree::CustomerStub(const std::string& zone) const {
  return {
      .zone = zone,
      .addresses = {stack_.Address(host::kCustomerFirst), stack_.Address(host::kCustomerSecond)}};
}

absl::Status DnsTree::StartRoot() {
  const std::string address = stack_.Address(host::kRoot);
  const std::string root_text = absl::StrFormat(
      ". 60 SOA ns1.test. hostmaster.test. 1 60 60 3600 5\n"
      ". 60 NS ns1.test.\n"
      "test. 60 NS ns1.test.\n"
      "ns1.test. 60 A %s\n",
      address);
  std::string test_text = ZoneText("test", kCustomerMinimumSeconds, {address});
  std::vector<std::string> delegations = Delegations(kDelegationZone, delegation_servers());
  for (const std::string& zone : customer_zones_) {
    for (std::string& record : Delegations(zone, CustomerStub(zone).addresses)) {
      delegations.push_back(std::move(record));
    }
  }
  test_text += absl::StrJoin(delegations, "\n") + "\n";
  ASSIGN_OR_RETURN(
      root_,
      Knot::Start(
          stack_,
          {.name = "knot-root",
           .address = address,
           .keys = {customer_key_},
           .zones = {{.name = ".", .text = root_text, .update_key = customer_key_.name},
                     {.name = "test", .text = test_text, .update_key = customer_key_.name}}}));
  return absl::OkStatus();
}

absl::Status DnsTree::StartCustomers() {
  std::vector<Zone> zones;
  for (const std::string& zone : customer_zones_) zones.push_back(CustomerZone(zone));
  ASSIGN_OR_RETURN(customer_first_,
                   Knot::Start(stack_, {.name = "knot-customer-1",
                                        .address = stack_.Address(host::kCustomerFirst),
                                        .keys = {customer_key_},
                                        .zones = zones}));
  ASSIGN_OR_RETURN(customer_second_,
                   Knot::Start(stack_, {.name = "knot-customer-2",
                                        .address = stack_.Address(host::kCustomerSecond),
                                        .keys = {customer_key_},
                                        .zones = zones}));
  return absl::OkStatus();
}

absl::Status DnsTree::StartDelegation() {
  const std::vector<std::string> servers = delegation_servers();
  const std::string& primary = servers.front();
  const Zone master{.name = kDelegationZone,
                    .text = ZoneText(kDelegationZone, kDelegationMinimumSeconds, servers),
                    .update_key = delegation_key_.name,
                    .transfer_key = transfer_key_.name,
                    .update_types = {"TXT"},
                    .secondaries = {servers.begin() + 1, servers.end()}};
  ASSIGN_OR_RETURN(delegation_primary_,
                   Knot::Start(stack_, {.name = "knot-delegation-1",
                                        .address = primary,
                                        .keys = {delegation_key_, transfer_key_},
                                        .zones = {master}}));
  return has_delegation_secondary_ ? StartDelegationSecondary() : absl::OkStatus();
}

absl::Status DnsTree::StartDelegationSecondary() {
  const std::string primary = stack_.Address(host::kDelegationPrimary);
  const std::string secondary = stack_.Address(host::kDelegationSecondary);
  const Zone copy{.name = kDelegationZone, .transfer_key = transfer_key_.name, .primary = primary};
  ASSIGN_OR_RETURN(delegation_secondary_, Knot::Start(stack_, {.name = "knot-delegation-2",
                                                               .address = secondary,
                                                               .keys = {transfer_key_},
                                                               .zones = {copy}}));
  return delegation_secondary_->Refresh(kDelegationZone);
}

Zone DnsTree::CustomerZone(const std::string& zone) const {
  return {.name = zone,
          .text = ZoneText(zone, kCustomerMinimumSeconds, CustomerStub(zone).addresses),
          .update_key = customer_key_.name};
}

// What the parent zone says: the nameservers and, as they are inside the zone, their addresses.

}  // namespace lab

#include "lab/customer.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_format.h"
#include "base/status_macros.h"
#include "lab/question.h"

namespace lab {
namespace {

std::string Absolute(const std::string& name) { return name.ends_with('.') ? name : name + "."; }

std::string Data(const Record& record) {
  if (record.type == "TXT") return absl::StrFormat("\"%s\"", record.value);
  return record.type == "CNAME" ? Absolute(record.value) : record.value;
}

}  // namespace

Customer::Customer(DnsTree& dns, std::string zone) : dns_(dns), zone_(std::move(zone)) {}

absl::Status Customer::Add(const Record& record, Nameservers where) {
  const std::string name = Absolute(record.name);
  RETURN_IF_ERROR(Update(
      absl::StrFormat("add %s %d %s %s", name, record.ttl_seconds, record.type, Data(record)),
      where));
  for (const Knot* server : Servers(where)) {
    ASSIGN_OR_RETURN(const std::string answer, Ask(server->address(), name, record.type));
    if (!absl::StrContains(answer, Data(record))) {
      return absl::FailedPreconditionError(absl::StrFormat(
          "%s serves for %s %s:\n%s", server->address(), name, record.type, answer));
    }
  }
  return absl::OkStatus();
}

absl::Status Customer::Remove(const Record& record, Nameservers where) {
  return Update(absl::StrFormat("del %s %s %s", Absolute(record.name), record.type, Data(record)),
                where);
}

absl::Status Customer::Clear(const std::string& name, Nameservers where) {
  return Update("del " + Absolute(name), where);
}

absl::Status Customer::Update(const std::string& line, Nameservers where) {
  for (Knot* server : Servers(where)) {
    RETURN_IF_ERROR(server->Update(zone_, dns_.customer_key().name, {line}));
  }
  return absl::OkStatus();
}

std::vector<Knot*> Customer::Servers(Nameservers where) const {
  std::vector<Knot*> servers;
  if (where != Nameservers::kSecond) servers.push_back(&dns_.customer_first());
  if (where != Nameservers::kFirst) servers.push_back(&dns_.customer_second());
  return servers;
}

}  // namespace lab

#include "lab/customer.h"

#include <fstream>
#include <iterator>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "base/status_macros.h"
#include "lab/question.h"
#include "lab/stack.h"

namespace lab {
namespace {

std::string Absolute(const std::string& name) { return name.ends_with('.') ? name : name + "."; }

std::string Data(const Record& record) {
  if (record.type == "TXT") return absl::StrFormat("\"%s\"", record.value);
  return record.type == "CNAME" ? Absolute(record.value) : record.value;
}

}  // namespace

Customer::Customer(std::vector<std::string> servers, TsigKey key, std::string zone)
    : servers_(std::move(servers)), key_(std::move(key)), zone_(std::move(zone)) {}

absl::Status Customer::Save(const std::string& path) const {
  return WriteFile(
      path, absl::StrFormat("%s %s %s\n", key_.name, key_.secret, absl::StrJoin(servers_, " ")));
}

absl::StatusOr<Customer> Customer::Load(const std::string& path, std::string zone) {
  std::ifstream file(path);
  TsigKey key;
  file >> key.name >> key.secret;
  std::vector<std::string> servers(std::istream_iterator<std::string>(file), {});
  if (servers.empty()) return absl::NotFoundError(absl::StrFormat("no customer in %s", path));
  return Customer(std::move(servers), std::move(key), std::move(zone));
}

absl::Status Customer::Add(const Record& record, Nameservers where) {
  const std::string name = Absolute(record.name);
  RETURN_IF_ERROR(Update(
      absl::StrFormat("add %s %d %s %s", name, record.ttl_seconds, record.type, Data(record)),
      where));
  for (const std::string& server : Servers(where)) {
    ASSIGN_OR_RETURN(const std::string answer, Ask(server, name, record.type));
    if (!absl::StrContains(answer, Data(record))) {
      return absl::FailedPreconditionError(
          absl::StrFormat("%s serves for %s %s:\n%s", server, name, record.type, answer));
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
  for (const std::string& server : Servers(where)) {
    RETURN_IF_ERROR(SendUpdate(server, zone_, key_, {line}));
  }
  return absl::OkStatus();
}

std::vector<std::string> Customer::Servers(Nameservers where) const {
  switch (where) {
    case Nameservers::kFirst:
      return {servers_.front()};
    case Nameservers::kSecond:
      return {servers_.back()};
    case Nameservers::kBoth:
      break;
  }
  return servers_;
}

}  // namespace lab

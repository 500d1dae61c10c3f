// Messages and records for tests of the pure parts.

#pragma once

#include <string>
#include <utility>
#include <vector>

#include "probe/core/dns_message.h"

namespace probe::testing {

inline DnsName Name(const std::string& text) { return *DnsName::Parse(text); }

inline Record Text(const std::string& owner, const std::string& value, int ttl = 60) {
  return {Name(owner), RrType::kTxt, absl::Seconds(ttl), value};
}
inline Record Alias(const std::string& owner, const std::string& target, int ttl = 60) {
  return {Name(owner), RrType::kCname, absl::Seconds(ttl), Name(target)};
}
inline Record Dname(const std::string& owner, const std::string& target, int ttl = 60) {
  return {Name(owner), RrType::kDname, absl::Seconds(ttl), Name(target)};
}
inline Record Caa(const std::string& owner, int flags, const std::string& tag,
                  const std::string& value, int ttl = 60) {
  return {Name(owner), RrType::kCaa, absl::Seconds(ttl),
          CaaData{.flags = flags, .tag = tag, .value = value}};
}
inline Record NsRecord(const std::string& owner, const std::string& server, int ttl = 3600) {
  return {Name(owner), RrType::kNs, absl::Seconds(ttl), Name(server)};
}
inline Record Address(const std::string& owner, const std::string& address, int ttl = 3600) {
  const IpAddress parsed = *IpAddress::Parse(address);
  return {Name(owner), parsed.is_v6() ? RrType::kAaaa : RrType::kA, absl::Seconds(ttl), parsed};
}
inline Record Soa(const std::string& owner, int ttl, int minimum, std::uint32_t serial = 7) {
  return {Name(owner), RrType::kSoa, absl::Seconds(ttl),
          SoaData{.serial = serial, .minimum = absl::Seconds(minimum)}};
}

// An authoritative answer.
inline Message Authoritative(std::vector<Record> answers, std::vector<Record> authority = {},
                             int rcode = kRcodeNoError) {
  return {.authoritative = true,
          .rcode = rcode,
          .answers = std::move(answers),
          .authority = std::move(authority)};
}
inline Message Delegation(std::vector<Record> authority, std::vector<Record> additional = {}) {
  return {.authority = std::move(authority), .additional = std::move(additional)};
}

}  // namespace probe::testing

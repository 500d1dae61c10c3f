// The DNS in which the tests of this folder check names of shop.test:
//
//   . and test    192.0.2.1
//   shop.test     192.0.2.3 (ns1), 192.0.2.4 (ns2): serial 5
//   other.test    192.0.2.5

#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "probe/check/testing/fake_dns.h"

namespace probe::testing {

inline constexpr char kRoot[] = "192.0.2.1";
inline constexpr char kFirst[] = "192.0.2.3";
inline constexpr char kSecond[] = "192.0.2.4";
inline constexpr char kOther[] = "192.0.2.5";

inline constexpr char kNew[] = "192.0.2.6";  // see MoveShop

inline constexpr char kTokenName[] = "_token.shop.test";
inline const Record kToken = Text(kTokenName, "token-expected");

class ShopTest : public ::testing::Test {
 protected:
  ShopTest() {
    const std::vector<Record> shop = {
        NsRecord("shop.test", "ns1.shop.test"), NsRecord("shop.test", "ns2.shop.test"),
        Address("ns1.shop.test", kFirst), Address("ns2.shop.test", kSecond)};
    const std::vector<Record> other = {NsRecord("other.test", "ns1.other.test"),
                                       Address("ns1.other.test", kOther)};
    const std::vector<Record> root = {NsRecord("test", "root.test"), Address("root.test", kRoot)};
    std::vector<Record> test = root;
    test.insert(test.end(), shop.begin(), shop.end());
    test.insert(test.end(), other.begin(), other.end());
    dns_.At(kRoot) = {{.name = ".", .records = root}, {.name = "test", .records = test}};
    dns_.At(kFirst) = {{.name = "shop.test", .serial = 5, .records = shop}};
    dns_.At(kSecond) = dns_.At(kFirst);
    dns_.At(kOther) = {{.name = "other.test", .records = other}};
  }

  // The test zone, and one server's copy of shop.test.
  FakeZone& Test() { return dns_.At(kRoot)[1]; }
  FakeZone& First() { return dns_.At(kFirst)[0]; }
  FakeZone& Second() { return dns_.At(kSecond)[0]; }
  FakeZone& Other() { return dns_.At(kOther)[0]; }

  // shop.test moves to one other server with these records; those that it leaves go on as before.
  void MoveShop(std::vector<Record> records) {
    const std::vector<Record> own = {NsRecord("shop.test", "new.shop.test"),
                                     Address("new.shop.test", kNew)};
    std::erase_if(Test().records, [](const Record& record) {
      return record.owner == Name("shop.test") && record.type == RrType::kNs;
    });
    Test().records.insert(Test().records.end(), own.begin(), own.end());
    records.insert(records.end(), own.begin(), own.end());
    dns_.At(kNew) = {{.name = "shop.test", .serial = 6, .records = std::move(records)}};
  }

  void AddToBoth(const Record& record) {
    First().records.push_back(record);
    Second().records.push_back(record);
  }

  std::vector<observation::Observation> Observe(Check check) {
    Report report = dns_.Run(std::move(check));
    EXPECT_EQ(report.failure, "");
    return std::move(report.observations);
  }
  // Is kToken's value at `name`?
  std::vector<observation::Observation> ObserveToken(const std::string& name) {
    return Observe({.name = name, .expected_values = {"token-expected"}});
  }

  FakeDns dns_;
};

inline std::vector<observation::Outcome> Outcomes(
    const std::vector<observation::Observation>& observations) {
  std::vector<observation::Outcome> outcomes;
  for (const observation::Observation& each : observations) outcomes.push_back(each.outcome);
  return outcomes;
}

inline std::vector<observation::Vote> Votes(
    const std::vector<observation::Observation>& observations) {
  std::vector<observation::Vote> votes;
  for (const observation::Observation& each : observations) votes.push_back(each.vote);
  return votes;
}

}  // namespace probe::testing

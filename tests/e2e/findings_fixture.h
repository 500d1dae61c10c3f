// A customer who gets a record wrong, as `padlock show` tells it. Nothing is ordered meanwhile;
// once it is corrected, the certificate comes.

#pragma once

#include <gmock/gmock.h>

#include <cstddef>
#include <memory>
#include <string>

#include "e2e/fixture.h"

namespace e2e {

inline constexpr auto kClaim = pb::RequiredRecord::PURPOSE_CLAIM;
inline constexpr auto kDelegation = pb::RequiredRecord::PURPOSE_DELEGATION;

class FindingsFixture : public LabTest {
 protected:
  static void SetUpTestSuite() { StartLab(QuickCa()); }

  void SetUp() override;

  // Adds a zone of its own as a domain; the customer has created the record of `right` only.
  pb::Domain AddWith(const std::string& zone, pb::RequiredRecord::Purpose right);
  // Looks again until a check finds this; nothing is ordered until then. Returns what `padlock
  // show` then prints.
  std::string ShowWith(const pb::Domain& domain, pb::Finding::Code code);
  // Only while something stands in the way: once that is mended, any look may order.
  void ExpectNothingOrdered();
  // By one order, now that nothing stands in the way.
  void ExpectIssued(const pb::Domain& domain);

  lab::Customer& customer() { return *customer_; }
  static std::string FirstServer() { return lab().dns().customer_first().address(); }
  static std::string SecondServer() { return lab().dns().customer_second().address(); }
  // As a place where the problem is seen, from every perspective.
  static ::testing::Matcher<std::string> Names(const std::string& server);
  static ::testing::Matcher<std::string> NamesBothServers() {
    return ::testing::AllOf(Names(FirstServer()), Names(SecondServer()));
  }

 private:
  // Every newOrder that reached the CA: also those refused for their nonce.
  static std::ptrdiff_t Orders();

  std::ptrdiff_t orders_before_ = 0;
  int accepted_before_ = 0;
  std::unique_ptr<lab::Customer> customer_;
};

}  // namespace e2e

#include "probe/core/address_policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>
#include <string>

#include "base/testing/status_matchers.h"

namespace probe {
namespace {

using ::base::testing::StatusIs;

bool MayAsk(const AddressPolicy& policy, const std::string& address) {
  return policy.MayAsk(*IpAddress::Parse(address));
}

struct Judged {
  const char* address;
  bool may_ask;
};

void PrintTo(const Judged& judged, std::ostream* out) { *out << judged.address; }

class AddressTable : public ::testing::TestWithParam<Judged> {};

TEST_P(AddressTable, AsksOnlyGlobalUnicastAddresses) {
  EXPECT_EQ(MayAsk({}, GetParam().address), GetParam().may_ask);
}

INSTANTIATE_TEST_SUITE_P(
    Public, AddressTable,
    ::testing::Values(
        Judged{"8.8.8.8", true}, Judged{"1.0.0.1", true}, Judged{"9.255.255.255", true},
        Judged{"11.0.0.1", true}, Judged{"100.63.255.255", true}, Judged{"100.128.0.1", true},
        Judged{"172.15.255.255", true}, Judged{"172.32.0.1", true}, Judged{"192.0.1.1", true},
        Judged{"198.17.255.255", true}, Judged{"198.20.0.1", true}, Judged{"223.255.255.255", true},
        Judged{"2000::1", true}, Judged{"2606:4700::1111", true}, Judged{"2001:500:2::c", true},
        Judged{"2001:200::1", true}, Judged{"2003::1", true}, Judged{"3ffe::1", true}));

INSTANTIATE_TEST_SUITE_P(
    Private, AddressTable,
    ::testing::Values(Judged{"0.0.0.0", false}, Judged{"0.255.255.255", false},
                      Judged{"10.1.2.3", false}, Judged{"100.64.0.1", false},
                      Judged{"100.127.255.255", false}, Judged{"127.0.0.1", false},
                      Judged{"127.255.255.254", false}, Judged{"169.254.169.254", false},
                      Judged{"172.16.0.1", false}, Judged{"172.31.255.255", false},
                      Judged{"192.0.0.170", false}, Judged{"192.168.1.1", false},
                      Judged{"::", false}, Judged{"::1", false}, Judged{"fe80::1", false},
                      Judged{"febf::1", false}, Judged{"fec0::1", false}, Judged{"fc00::1", false},
                      Judged{"fd00::1", false}));

INSTANTIATE_TEST_SUITE_P(
    DocumentationTestsAndMulticast, AddressTable,
    ::testing::Values(
        Judged{"192.0.2.1", false}, Judged{"198.51.100.1", false}, Judged{"203.0.113.1", false},
        Judged{"198.18.0.1", false}, Judged{"198.19.255.255", false}, Judged{"192.88.99.1", false},
        Judged{"224.0.0.1", false}, Judged{"240.0.0.1", false}, Judged{"255.255.255.255", false},
        Judged{"2001:db8::1", false}, Judged{"3fff::1", false}, Judged{"2001:2::1", false},
        Judged{"2001:10::1", false}, Judged{"100::1", false}, Judged{"5f00::1", false},
        Judged{"ff02::1", false}, Judged{"ff0e::1", false}));

// Whatever address is inside: public ones too.
INSTANTIATE_TEST_SUITE_P(
    CarryIpv4, AddressTable,
    ::testing::Values(Judged{"::ffff:127.0.0.1", false}, Judged{"::ffff:8.8.8.8", false},
                      Judged{"::10.0.0.1", false}, Judged{"64:ff9b::a00:1", false},
                      Judged{"64:ff9b::808:808", false}, Judged{"64:ff9b:1::a00:1", false},
                      Judged{"64:ff9b:1:ffff::808:808", false}, Judged{"2002:7f00:1::", false},
                      Judged{"2002:808:808::1", false}, Judged{"2001:0:808:808::1", false}));

TEST(AddressPolicyTest, AsksWhatIsAllowedAndNothingBeside) {
  const AddressPolicy policy = *AddressPolicy::Create({"127.53.0.0/16", "fd00:1::/33"});
  EXPECT_TRUE(MayAsk(policy, "127.53.9.2"));
  EXPECT_FALSE(MayAsk(policy, "127.54.0.1"));
  EXPECT_TRUE(MayAsk(policy, "fd00:1:0:1::1"));
  EXPECT_FALSE(MayAsk(policy, "fd00:1:8000::1"));
  EXPECT_FALSE(MayAsk(policy, "::ffff:127.53.0.1"));
}

TEST(AddressPolicyTest, RefusesRangesThatAreNone) {
  for (const char* text : {"", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0/8", "::/129", "10.0.0.0/8x"}) {
    EXPECT_THAT(AddressPolicy::Create({text}), StatusIs(absl::StatusCode::kInvalidArgument))
        << text;
  }
}

}  // namespace
}  // namespace probe

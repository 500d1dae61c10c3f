#include "cert/app/authorize.h"

#include <gtest/gtest.h>

#include "base/testing/status_matchers.h"

namespace cert {
namespace {

using ::base::testing::StatusIs;
using ::transport::Identity;
using ::transport::Role;
using Code = ::absl::StatusCode;

Identity With(Role role, const std::string& tenant = "acme") {
  return {.name = "spiffe://padlock/x", .tenant = tenant, .perspective = "", .roles = {role}};
}

struct Case {
  const char* name;
  Identity identity;
  TenantNamedBy named_by;
  Role wanted;
  Code expected;
};

class AuthorizeTest : public ::testing::TestWithParam<Case> {};

TEST_P(AuthorizeTest, DecidesByRoleThenByTenant) {
  const Case& c = GetParam();
  EXPECT_THAT(Authorize(c.identity, TenantId("acme"), c.named_by, c.wanted), StatusIs(c.expected));
}

constexpr auto kParent = TenantNamedBy::kParent;
constexpr auto kResource = TenantNamedBy::kResource;

INSTANTIATE_TEST_SUITE_P(
    Identities, AuthorizeTest,
    ::testing::Values(
        Case{"ReaderReads", With(Role::kReader), kResource, Role::kReader, Code::kOk},
        Case{"OperatorReads", With(Role::kOperator), kResource, Role::kReader, Code::kOk},
        Case{"OperatorChanges", With(Role::kOperator), kParent, Role::kOperator, Code::kOk},
        Case{"AdminFetchesKeys", With(Role::kAdmin), kResource, Role::kKeyReader, Code::kOk},
        Case{"ReaderDoesNotChange", With(Role::kReader), kParent, Role::kOperator,
             Code::kPermissionDenied},
        Case{"OperatorDoesNotFetchKeys", With(Role::kOperator), kResource, Role::kKeyReader,
             Code::kPermissionDenied},
        Case{"KeyReaderDoesNotChange", With(Role::kKeyReader), kParent, Role::kOperator,
             Code::kPermissionDenied},
        Case{"ProbeDoesNotRead", With(Role::kProbe, ""), kResource, Role::kReader,
             Code::kPermissionDenied},
        Case{"AnothersThingIsNotFound", With(Role::kAdmin, "other"), kResource, Role::kReader,
             Code::kNotFound},
        Case{"AnothersParentIsRefused", With(Role::kAdmin, "other"), kParent, Role::kReader,
             Code::kPermissionDenied},
        Case{"RoleIsLookedAtFirst", With(Role::kReader, "other"), kResource, Role::kOperator,
             Code::kPermissionDenied}),
    [](const auto& tested) { return std::string(tested.param.name); });

}  // namespace
}  // namespace cert

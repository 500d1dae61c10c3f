// HTTP first: what is renewed for a host that leads to our edge is validated there, with nothing
// done in DNS, and what is renewed for any other host by its domain's own method.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/testing/status_matchers.h"
#include "e2e/fixture.h"
#include "e2e/resource_id.h"

namespace e2e {
namespace {

using ::base::testing::IsOk;
using ::testing::HasSubstr;

constexpr std::size_t kEdge = 0;       // the replica whose address is the edge's
constexpr std::size_t kElsewhere = 1;  // one that answers tokens as well

// It has been due for a while: for a step, too, that has begun and reads the row only now.
constexpr char kMakeDue[] = R"(
UPDATE padlock.certificates SET renew_time = padlock.padlock_now() - interval '1 minute'
WHERE id = '%s';
UPDATE padlock.work SET due_time = padlock.padlock_now() WHERE id = '%s';
SELECT pg_notify('padlock_work', ''))";

class HttpFirstTest : public LabTest {
 protected:
  static void SetUpTestSuite() {
    lab::Lab::Options options = QuickCa();
    options.authorization_reuse_percent = 0;  // each order is validated
    ASSERT_NO_FATAL_FAILURE(StartLab(std::move(options)));
    // Which addresses the lab has is known only now.
    for (std::size_t i = 0; i < lab().replicas(); ++i) {
      std::ofstream config(lab().cert_config_file(i), std::ios::app);
      config << absl::StrFormat("edge_addresses: \"%s\"\n", lab().cert_address(kEdge));
      ASSERT_TRUE(config.flush()) << lab().cert_config_file(i);
    }
    lab().KillCerts();
    ASSERT_THAT(lab().ResumeCerts(), IsOk());
  }

  // A domain by delegation, whose host is at that replica; its certificate is there.
  pb::Domain AddAt(const std::string& zone, std::size_t replica) {
    EXPECT_THAT(
        lab().customer(zone).Add({.name = zone, .type = "A", .value = lab().cert_address(replica)}),
        IsOk());
    const absl::StatusOr<pb::Domain> domain = acme().AddWithRecords(zone);
    EXPECT_THAT(domain, IsOk());
    if (!domain.ok()) return {};
    // Its order is over then.
    EXPECT_THAT(acme().Await(*domain, pb::Event::TYPE_RECORDS_WITHDRAWN), IsOk());
    return *domain;
  }

  ::testing::AssertionResult IsRenewed(const pb::Domain& domain) {
    const std::string id = IdOf(domain.certificate());
    EXPECT_THAT(lab().postgres().Execute("padlock", absl::StrFormat(kMakeDue, id, id)), IsOk());
    return Becomes("SELECT count(*) FROM padlock.issuances WHERE certificate = '" + id + "'", "2");
  }

  // The methods by which its orders' authorizations were answered, in the order of these.
  static std::string Methods(const pb::Domain& domain) {
    return Query(
        absl::StrFormat("SELECT string_agg(a.method, ' ' ORDER BY o.intent_time) "
                        "FROM padlock.authorizations AS a JOIN padlock.orders AS o "
                        "ON o.tenant = a.tenant AND o.id = a.order_id WHERE o.certificate = '%s'",
                        IdOf(domain.certificate())));
  }

  // Where it was told that the tokens of the latest order stand.
  static std::string Publication(const pb::Domain& domain) {
    return Query(
        absl::StrFormat("SELECT message FROM padlock.events WHERE certificate = '%s' AND "
                        "type = 'ORDER_PUBLISHED' ORDER BY number DESC LIMIT 1",
                        IdOf(domain.certificate())));
  }

  // Whether the latest order was found to lead to the edge; empty where nobody looked.
  static std::string LeadsToEdge(const pb::Domain& domain) {
    return Query(
        absl::StrFormat("SELECT http_first FROM padlock.orders WHERE certificate = '%s' "
                        "ORDER BY intent_time DESC LIMIT 1",
                        IdOf(domain.certificate())));
  }
};

TEST_F(HttpFirstTest, AHostAtTheEdgeIsRenewedThereWithoutItsDelegation) {
  const pb::Domain domain = AddAt("shop.test", kEdge);
  EXPECT_EQ(Methods(domain), "DELEGATION");
  EXPECT_EQ(LeadsToEdge(domain), "");  // a first certificate goes by the method
  // Nothing but HTTP is left to validate it by.
  ASSERT_THAT(lab().customer("shop.test").Clear("_acme-challenge.shop.test"), IsOk());
  ASSERT_TRUE(IsRenewed(domain));
  EXPECT_EQ(Methods(domain), "DELEGATION HTTP");
  EXPECT_EQ(LeadsToEdge(domain), "t");
  EXPECT_THAT(Publication(domain), HasSubstr("1 answered over HTTP"));
}

// Although tokens are answered there, too.
TEST_F(HttpFirstTest, AHostElsewhereIsRenewedByItsDelegation) {
  const pb::Domain domain = AddAt("bakery.test", kElsewhere);
  ASSERT_TRUE(IsRenewed(domain));
  EXPECT_EQ(Methods(domain), "DELEGATION DELEGATION");
  EXPECT_EQ(LeadsToEdge(domain), "f");
  EXPECT_THAT(Publication(domain), HasSubstr("1 on every server of our zone"));
}

}  // namespace
}  // namespace e2e

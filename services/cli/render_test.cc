#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <google/protobuf/text_format.h>

#include "cli/json.h"
#include "cli/render_certificate.h"
#include "cli/render_check.h"
#include "cli/render_domain.h"

namespace cli {
namespace {

namespace pb = ::padlock::cert::v1;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

pb::Domain SomeDomain() {
  pb::Domain domain;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(R"(
    name: "tenants/acme/domains/dom_a"
    hostname: "shop.test"
    wildcard: true
    state: STATE_PENDING
    records {
      purpose: PURPOSE_CLAIM type: "TXT" name: "_padlock.shop.test" value: "padlock-verify=x"
      zone_file_line: "_padlock.shop.test. 3600 IN TXT \"padlock-verify=x\""
      decision: DECISION_DISAGREED
    }
    certificate: "tenants/acme/certificates/crt_a"
    finding {
      code: CODE_RECORD_MISSING sentence: "There is no TXT record." record_type: "TXT"
      record_name: "_padlock.shop.test" expected: "padlock-verify=x" seen: "v=spf1 \x1b[31m"
      where: "ns1.shop.test (192.0.2.1) from ams" fix: "_padlock.shop.test. 3600 IN TXT ..."
    }
    next_action { time { seconds: 1800000004 } reason: "It is looked at often." }
    tries: 3
    create_time { seconds: 1800000000 }
    latest_check {
      attempt: 3 time { seconds: 1800000000 } decision: DECISION_DISAGREED
      records {
        type: "TXT" name: "_padlock.shop.test" expected_values: "padlock-verify=x"
        decision: DECISION_DISAGREED
        views {
          perspective: "ams" decision: DECISION_DISAGREED
          observations {
            server: "ns1.shop.test" address: "192.0.2.1" outcome: OUTCOME_MISMATCH
            values: "other\033]0;owned\007"
          }
        }
        views { perspective: "nyc" decision: DECISION_COULD_NOT_TELL failure: "no worker" }
      }
    })",
                                                            &domain));
  return domain;
}

TEST(RenderDomainTest, SaysWhatToCreateAndWhatIsWrong) {
  const std::string text = RenderDomain(SomeDomain(), kNow);
  for (const char* part :
       {"shop.test and *.shop.test", "TXT _padlock.shop.test: disagreed", "padlock-verify=x",
        "zone file  _padlock.shop.test. 3600 IN TXT \"padlock-verify=x\"",
        "Problem: record missing", "There is no TXT record.",
        "where     ns1.shop.test (192.0.2.1) from ams", "expected  padlock-verify=x",
        "fix       _padlock.shop.test. 3600 IN TXT", "in 4 s", "It is looked at often."}) {
    EXPECT_THAT(text, HasSubstr(part));
  }
}

TEST(RenderDomainTest, ShowsWhatEachServerSaid) {
  const std::string text = RenderDomain(SomeDomain(), kNow);
  EXPECT_THAT(text, HasSubstr("PERSPECTIVE  SERVER"));
  EXPECT_THAT(text, HasSubstr("ams          ns1.shop.test (192.0.2.1)  mismatch"));
  EXPECT_THAT(text, HasSubstr("no worker"));
}

TEST(RenderDomainTest, NeverPrintsControlCharacters) {
  const pb::Domain domain = SomeDomain();
  std::string text = RenderDomain(domain, kNow) + RenderDomains({domain});
  for (const std::string& line : CheckLines(domain.latest_check())) text += line;
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
  EXPECT_THAT(text, Not(HasSubstr("\a")));
  EXPECT_THAT(text, HasSubstr("\\027]0;owned\\007"));
}

TEST(RenderDomainTest, SaysThatARecordWasNotCheckedYet) {
  pb::Domain domain = SomeDomain();
  domain.mutable_records(0)->clear_decision();
  domain.clear_latest_check();
  EXPECT_THAT(RenderDomain(domain, kNow), HasSubstr("not checked yet"));
}

TEST(RenderDomainsTest, GivesALineToEach) {
  EXPECT_EQ(RenderDomains({SomeDomain()}),
            "HOST       WILDCARD  STATE    PROBLEM         ID\n"
            "shop.test  yes       pending  record missing  dom_a\n");
}

TEST(CheckLinesTest, HaveOneLinePerServerAndOnePerRecord) {
  const auto lines = CheckLines(SomeDomain().latest_check());
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_THAT(lines, Contains("  TXT _padlock.shop.test from ams: ns1.shop.test (192.0.2.1) says "
                              "mismatch: other\\027]0;owned\\007"));
  EXPECT_THAT(lines, Contains("  TXT _padlock.shop.test from nyc: no worker"));
  EXPECT_EQ(lines.back(), "  TXT _padlock.shop.test: disagreed");
}

pb::Certificate SomeCertificate() {
  pb::Certificate certificate;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(R"(
    name: "tenants/acme/certificates/crt_a"
    names: "*.shop.test" names: "shop.test"
    state: STATE_RENEWING
    order {
      name: "tenants/acme/certificates/crt_a/orders/ord_a" state: STATE_VALIDATING
      certificate_authority: "pebble" url: "https://ca/order/1"
    }
    issuance {
      certificate_authority: "pebble" serial_number: "0a1b" issuer: "CN=Pebble\x1b"
      names: "shop.test" not_before_time { seconds: 1800000000 }
      not_after_time { seconds: 1800086400 }
    })",
                                                            &certificate));
  return certificate;
}

TEST(RenderCertificateTest, ShowsOrderAndIssuance) {
  const std::string text = RenderCertificate(SomeCertificate(), kNow);
  for (const char* part :
       {"*.shop.test, shop.test", "renewing: validating", "Order ord_a", "https://ca/order/1",
        "serial    0a1b", "issuer    CN=Pebble\\027", "until     2027-01-16 08:00:00 UTC"}) {
    EXPECT_THAT(text, HasSubstr(part));
  }
}

TEST(RenderCertificateTest, TellsWhichNamesItDoesWithout) {
  pb::Certificate certificate = SomeCertificate();
  pb::SetAsideName* name = certificate.add_set_aside();
  name->set_name("www.shop.test");
  name->set_refusals(1);
  name->mutable_retry_time()->set_seconds(1'800'003'600);
  name->mutable_finding()->set_sentence("CAA forbids it.\x1b");
  EXPECT_THAT(RenderCertificate(certificate, kNow),
              HasSubstr("without   www.shop.test, refused once; tried again in 60 min "
                        "(2027-01-15 09:00:00 UTC): CAA forbids it.\\027\n"));
  name->set_refusals(2);
  EXPECT_THAT(RenderCertificate(certificate, kNow + absl::Hours(1)),
              HasSubstr("refused 2 times; in the next order: "));
}

TEST(RenderCertificateTest, TellsWhatConsumersAreToConfirm) {
  pb::Certificate certificate = SomeCertificate();
  certificate.set_state(pb::Certificate::STATE_PENDING_DEPLOYMENT);
  certificate.clear_order();
  certificate.mutable_pending_deployment()->add_serial_numbers("0a1b");
  certificate.mutable_pending_deployment()->mutable_issue_time()->set_seconds(1'800'000'000);
  EXPECT_THAT(RenderCertificate(certificate, kNow), HasSubstr("state     pending deployment\n"));
  EXPECT_THAT(RenderCertificate(certificate, kNow),
              HasSubstr("awaited   serial 0a1b, since 2027-01-15 08:00:00 UTC\n"));
  certificate.mutable_pending_deployment()->mutable_served_until_time()->set_seconds(1'800'003'600);
  EXPECT_THAT(RenderCertificate(certificate, kNow),
              HasSubstr("served    until then: what ends 2027-01-15 09:00:00 UTC\n"));
}

TEST(RenderCertificateTest, TellsOfItsBackup) {
  pb::Certificate certificate = SomeCertificate();
  certificate.set_backup("tenants/acme/certificates/crt_b");
  EXPECT_THAT(RenderCertificate(certificate, kNow), HasSubstr("backup    crt_b\n"));
  certificate.clear_backup();
  certificate.mutable_backup_use_time()->set_seconds(1'800'000'000);
  EXPECT_THAT(RenderCertificate(certificate, kNow),
              HasSubstr("its backup since 2027-01-15 08:00:00 UTC"));
  certificate.set_backup_of("tenants/acme/certificates/crt_a");
  EXPECT_THAT(RenderCertificate(certificate, kNow), HasSubstr("stands by for crt_a"));
}

TEST(RenderCertificatesTest, GivesALineToEach) {
  pb::Certificate waiting;
  waiting.set_name("tenants/acme/certificates/crt_b");
  waiting.add_names("b.test");
  waiting.set_state(pb::Certificate::STATE_AWAITING_DOMAIN);
  const std::string text = RenderCertificates({SomeCertificate(), waiting});
  EXPECT_THAT(text, HasSubstr("0a1b    2027-01-16 08:00:00 UTC  crt_a\n"));
  EXPECT_THAT(text, HasSubstr("b.test                  awaiting domain"));
}

TEST(ToJsonLineTest, IsOneLine) {
  const std::string line = ToJsonLine(SomeDomain());
  EXPECT_EQ(line.find('\n'), line.size() - 1);
  EXPECT_THAT(line, HasSubstr("\"hostname\":\"shop.test\""));
}

}  // namespace
}  // namespace cli

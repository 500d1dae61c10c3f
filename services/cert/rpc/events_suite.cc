// Watching events, over mutual TLS and a real PostgreSQL.

#include <gmock/gmock.h>
#include <google/protobuf/unknown_field_set.h>
#include <gtest/gtest.h>

#include <future>

#include "absl/strings/str_format.h"
#include "cert/rpc/testing/api_fixture.h"

namespace cert {
namespace {

namespace pb = ::padlock::cert::v1;
using ::grpc::StatusCode;
using ::testing::ElementsAre;
using ::testing::StartsWith;

// One watch, read by the test's thread, every read bounded by the call's deadline.
class WatchStream {
 public:
  WatchStream(pb::EventService::Stub& stub, const pb::WatchEventsRequest& request) {
    context_.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
    reader_ = stub.WatchEvents(&context_, request);
  }

  // Messages of the next `count` events; fewer when the stream ends before.
  std::vector<std::string> Next(std::size_t count) {
    std::vector<std::string> messages;
    pb::WatchEventsResponse response;
    while (messages.size() < count && reader_->Read(&response)) {
      for (const pb::Event& event : response.events()) {
        messages.push_back(event.message());
        cursors_.push_back(event.cursor());
      }
    }
    return messages;
  }
  // Waits for the first message, which holds no events.
  bool Begun() {
    pb::WatchEventsResponse response;
    return reader_->Read(&response) && response.events().empty() && !response.cursor().empty();
  }
  const std::vector<std::string>& cursors() const { return cursors_; }
  grpc::Status Cancel() {
    context_.TryCancel();
    return Finish();
  }
  grpc::Status Finish() {
    pb::WatchEventsResponse response;
    while (reader_->Read(&response)) {
    }
    return reader_->Finish();
  }

 private:
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReader<pb::WatchEventsResponse>> reader_;
  std::vector<std::string> cursors_;
};

class EventsSuite : public testing::ApiFixture {
 protected:
  std::unique_ptr<WatchStream> Watch(const std::string& cursor, const std::string& domain = "",
                                     const std::string& parent = "tenants/acme") {
    pb::WatchEventsRequest request;
    request.set_parent(parent);
    request.set_cursor(cursor);
    request.set_domain(domain);
    return std::make_unique<WatchStream>(*As("acme", "reader").events, request);
  }
};

TEST_F(EventsSuite, AWatchSeesWhatHappensFromNowOn) {
  Create("before.example.com");
  const auto watch = Watch("");
  ASSERT_TRUE(watch->Begun());
  Create("after.example.com");
  EXPECT_THAT(watch->Next(1), ElementsAre("after.example.com was added."));
}

TEST_F(EventsSuite, AWatchThatResumesMissesNothingAndRepeatsNothing) {
  for (const char* host : {"a.example.com", "b.example.com", "c.example.com"}) Create(host);
  const auto first = Watch("oldest");
  EXPECT_THAT(first->Next(3), ElementsAre("a.example.com was added.", "b.example.com was added.",
                                          "c.example.com was added."));
  EXPECT_EQ(first->Cancel().error_code(), StatusCode::CANCELLED);
  Create("d.example.com");
  const auto second = Watch(first->cursors()[1]);
  EXPECT_THAT(second->Next(2), ElementsAre("c.example.com was added.", "d.example.com was added."));
}

TEST_F(EventsSuite, AWatchOfOneDomainSeesOnlyIts) {
  const pb::Domain first = Create("a.example.com");
  const pb::Domain second = Create("b.example.com");
  const auto watch = Watch("oldest", second.name());
  EXPECT_THAT(watch->Next(1), ElementsAre("b.example.com was added."));
  EXPECT_NE(first.name(), second.name());
}

// Far behind, and then at the head with the others.
TEST_F(EventsSuite, AWatchOfOneDomainMissesNothingOfItInALongLog) {
  const pb::Domain first = Create("a.example.com");
  for (int i = 0; i < 101; ++i) Create(absl::StrFormat("x%d.example.com", i));
  const pb::Domain last = Create("b.example.com");
  const auto watch = Watch("oldest", last.name());
  EXPECT_THAT(watch->Next(1), ElementsAre("b.example.com was added."));
  pb::DeleteDomainRequest request;
  request.set_name(last.name());
  google::protobuf::Empty response;
  ASSERT_TRUE(testing::Call(*As("acme", "operator").domains, &pb::DomainService::Stub::DeleteDomain,
                            request, response)
                  .ok());
  EXPECT_THAT(watch->Next(1), ElementsAre("b.example.com was deleted."));
}

TEST_F(EventsSuite, AWatchBeginsWhileAllWorkersAreBusy) {
  std::promise<void> release;
  std::shared_future<void> released(release.get_future());
  while (workers_->Post([released] { released.wait(); })) {
  }
  EXPECT_TRUE(Watch("")->Begun());
  release.set_value();
}

TEST_F(EventsSuite, BadCursorsAreNamed) {
  Create("a.example.com");
  for (const char* cursor : {"x", "9", "x.y", "e.-1"}) {
    const grpc::Status status = Watch(cursor)->Finish();
    EXPECT_EQ(status.error_code(), StatusCode::INVALID_ARGUMENT) << cursor;
    EXPECT_THAT(status.error_message(), StartsWith("cursor: ")) << cursor;
  }
  EXPECT_EQ(Watch("another-epoch.1")->Finish().error_code(), StatusCode::OUT_OF_RANGE);
}

// Which would be kept as long as the watch.
TEST_F(EventsSuite, ARequestWithMoreThanAWatchNeedsIsRefused) {
  pb::WatchEventsRequest request;
  request.set_parent("tenants/acme");
  request.GetReflection()->MutableUnknownFields(&request)->AddLengthDelimited(
      1000, std::string(8000, 'x'));
  WatchStream watch(*As("acme", "reader").events, request);
  EXPECT_EQ(watch.Finish().error_code(), StatusCode::INVALID_ARGUMENT);
}

TEST_F(EventsSuite, AnotherTenantsEventsAreRefused) {
  EXPECT_EQ(Watch("", "", "tenants/umbrella")->Finish().error_code(),
            StatusCode::PERMISSION_DENIED);
}

TEST_F(EventsSuite, WatchesEndWithUnavailableWhenTheServiceGoesAway) {
  const auto watch = Watch("");
  ASSERT_TRUE(watch->Begun());
  hub_->Stop();
  EXPECT_EQ(watch->Finish().error_code(), StatusCode::UNAVAILABLE);
}

}  // namespace
}  // namespace cert

// What the files of to_proto.h share.

#pragma once

#include <google/protobuf/timestamp.pb.h>

#include "absl/time/time.h"
#include "cert/app/next_action.h"
#include "cert/core/agreement.h"
#include "observation/observation.h"
#include "padlock/cert/v1/resources.pb.h"

namespace cert {

// Protobuf's timestamps end with the year 9999; the infinite times of terminal states never get
// here.
void Set(absl::Time time, google::protobuf::Timestamp* timestamp);

void Set(const NextAction& action, padlock::cert::v1::NextAction* proto);

padlock::cert::v1::CheckAttempt::Decision ToProto(Decision decision);

// "TXT" and the like.
const char* TypeName(observation::RecordType type);

}  // namespace cert

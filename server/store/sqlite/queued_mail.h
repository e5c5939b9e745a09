#pragma once

#include "accounts/outgoing_mail.h"
#include "store/sqlite/write_context.h"

namespace taskgate::sqlite {

// Adds the mail as a job, in the transaction of the change that caused it. To be called after the writes of that
// change.
void queue_mail(WriteContext& context, const accounts::OutgoingMail& mail, Time now);

}  // namespace taskgate::sqlite

#include "store/sqlite/queued_mail.h"

#include "jobs/system_job.h"

namespace taskgate::sqlite {

void queue_mail(WriteContext& context, const accounts::OutgoingMail& mail, Time now) {
  const jobs::Job job = jobs::mail_job(mail.id, accounts::public_data(mail), mail.sealed, mail.useful_until, now);
  context.rows.insert(job);
  context.live.enter(job, now);
  context.terms.update(job);
  context.counts.added(job.user_id, job.status);
}

}  // namespace taskgate::sqlite

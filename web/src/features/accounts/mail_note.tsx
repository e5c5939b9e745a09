import { useQuery } from "@tanstack/react-query";
import { systemInfoQuery } from "@/lib/system_info";
import { Note } from "./note";

/** Says where the link is when this server sends no mail. */
export function MailNote({ link }: { link: "verification" | "reset" }) {
  const info = useQuery(systemInfoQuery);
  if (info.data?.mail !== "terminal") return null;
  return <Note>This server sends no mail: the {link} link was printed in the server's terminal.</Note>;
}

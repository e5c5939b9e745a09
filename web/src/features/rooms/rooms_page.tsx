import { IconMessages } from "@tabler/icons-react";
import { getRouteApi } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { session } from "@/lib/client";
import { useConnection } from "@/lib/connection";
import { useStore } from "@/lib/store";
import { EmptyState } from "@/ui/empty_state";
import { ErrorNote } from "@/ui/error_note";
import { PageHeader } from "@/ui/page_header";
import { roomsOf } from "./current_rooms";
import { JoinForm } from "./join_form";
import { RoomChat } from "./room_chat";
import { RoomList } from "./room_list";
import type { Rooms } from "./rooms";
import classes from "./rooms_page.module.css";

const route = getRouteApi("/signed-in/rooms");

export function RoomsPage() {
  const state = useStore(session.state);
  return state.status === "signed-in" ? <RoomsOf rooms={roomsOf(state.user.id)} /> : null;
}

function RoomsOf({ rooms }: { rooms: Rooms }) {
  const list = useStore(rooms.list);
  const live = useConnection() === "live";
  const navigate = route.useNavigate();
  const { room: name } = route.useSearch();
  const room = list.find((each) => each.name === name);
  const [problem, setProblem] = useState<string>();
  const open = (next: string | undefined) => void navigate({ search: { room: next } });

  // The address names a room that this tab is not in yet: a link, or a reload.
  const missing = name !== undefined && room === undefined ? name : undefined;
  useEffect(() => {
    if (missing === undefined || !live) return;
    let stale = false;
    void rooms.join(missing).then((refusal) => !stale && setProblem(refusal));
    return () => {
      stale = true;
    };
  }, [rooms, missing, live]);

  useEffect(() => {
    rooms.watch(name);
    return () => rooms.watch(undefined);
  }, [rooms, name]);

  const leave = (left: string) => {
    void rooms.leave(left);
    open(list.find((each) => each.name !== left)?.name);
  };

  return (
    <div className={classes.page}>
      <PageHeader title="Rooms" />
      <div className={classes.columns} data-open={room ? true : undefined}>
        <aside className={classes.side}>
          <JoinForm live={live} onJoin={(next) => rooms.join(next)} onJoined={open} />
          <RoomList list={list} current={name} onOpen={open} />
        </aside>
        <div className={classes.main}>
          {room ? (
            <RoomChat
              key={room.name}
              rooms={rooms}
              room={room}
              live={live}
              onLeave={() => leave(room.name)}
            />
          ) : (
            <EmptyState icon={IconMessages} title="No room is open">
              {missing && problem ? (
                <ErrorNote message={problem} />
              ) : (
                <p>
                  Join a room by its name. Everybody who joins the same name can talk to each other; you see
                  what is said from then on.
                </p>
              )}
            </EmptyState>
          )}
        </div>
      </div>
    </div>
  );
}

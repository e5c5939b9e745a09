import { Drawer } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import classes from "./submit_drawer.module.css";
import { SubmitForm } from "./submit_form";

interface SubmitDrawerProps {
  opened: boolean;
  /** Types seen in the list, offered first. */
  knownTypes: string[];
  onClose: () => void;
}

export function SubmitDrawer({ opened, knownTypes, onClose }: SubmitDrawerProps) {
  const narrow = useMediaQuery("(max-width: 48em)");
  return (
    <Drawer
      opened={opened}
      onClose={onClose}
      position="right"
      size={narrow ? "100%" : 480}
      title="Submit a job"
      closeButtonProps={{ "aria-label": "Close" }}
      classNames={{ title: classes.title ?? "", content: classes.content ?? "" }}
    >
      <SubmitForm knownTypes={knownTypes} onDone={onClose} />
    </Drawer>
  );
}

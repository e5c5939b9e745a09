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
    <Drawer.Root opened={opened} onClose={onClose} position="right" size={narrow ? "100%" : 480}>
      <Drawer.Overlay />
      <Drawer.Content>
        {/* Not Drawer.Header: that is a second banner landmark. */}
        <div className={classes.head}>
          <Drawer.Title className={classes.title}>Submit a job</Drawer.Title>
          <Drawer.CloseButton aria-label="Close" />
        </div>
        <Drawer.Body className={classes.body}>
          <SubmitForm knownTypes={knownTypes} onDone={onClose} />
        </Drawer.Body>
      </Drawer.Content>
    </Drawer.Root>
  );
}

import { Button, CloseButton, Menu, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { IconCheck, IconChevronDown, IconSearch } from "@tabler/icons-react";
import { type RefObject, useEffect, useState } from "react";
import classes from "./jobs_filters.module.css";
import type { JobFilter } from "./model";
import { MoreFilters } from "./more_filters";
import { SUGGESTED_TYPES } from "./suggested_types";

const TYPING_PAUSE_MS = 250;
const CHOICES_MAX = 100;

interface JobsFiltersProps {
  filter: JobFilter;
  /** Where the types to choose from come from. */
  types: string[];
  searchField: RefObject<HTMLInputElement | null>;
  onChange: (change: JobFilter) => void;
}

export function JobsFilters({ filter, types, searchField, onChange }: JobsFiltersProps) {
  return (
    <div className={classes.filters}>
      <MoreFilters filter={filter} onChange={onChange} />
      <TypeFilter type={filter.type} types={types} onChange={(type) => onChange({ type })} />
      <SearchField
        text={filter.text ?? ""}
        field={searchField}
        onChange={(text) => onChange({ text: text === "" ? undefined : text })}
      />
    </div>
  );
}

interface SearchFieldProps {
  text: string;
  field: RefObject<HTMLInputElement | null>;
  onChange: (text: string) => void;
}

function SearchField({ text, field, onChange }: SearchFieldProps) {
  const [typed, setTyped] = useState(text);
  const report = useDebouncedCallback(onChange, TYPING_PAUSE_MS);
  // The address changed by another way: back, or "show all jobs".
  useEffect(() => setTyped(text), [text]);
  const change = (next: string) => {
    setTyped(next);
    report(next);
  };
  return (
    <TextInput
      ref={field}
      size="xs"
      fz="sm"
      className={classes.search}
      aria-label="Search jobs"
      placeholder="Search"
      leftSection={<IconSearch size={14} />}
      rightSection={
        typed && <CloseButton size="xs" aria-label="Clear the search" onClick={() => change("")} />
      }
      value={typed}
      onChange={(event) => change(event.currentTarget.value)}
      onKeyDown={(event) => event.key === "Escape" && event.currentTarget.blur()}
    />
  );
}

interface TypeFilterProps {
  type: string | undefined;
  types: string[];
  onChange: (type: string | undefined) => void;
}

function TypeFilter({ type, types, onChange }: TypeFilterProps) {
  const choices = [...new Set([...(type ? [type] : []), ...types, ...SUGGESTED_TYPES])].slice(0, CHOICES_MAX);
  return (
    <Menu position="bottom-end" withinPortal>
      <Menu.Target>
        <Button
          variant={type ? "light" : "default"}
          size="xs"
          fz="sm"
          fw={500}
          rightSection={<IconChevronDown size={14} />}
          className={classes.type}
        >
          {type ?? "Any type"}
        </Button>
      </Menu.Target>
      <Menu.Dropdown className={classes.choices}>
        <Menu.Item rightSection={type ? null : <IconCheck size={14} />} onClick={() => onChange(undefined)}>
          Any type
        </Menu.Item>
        <Menu.Divider />
        {choices.map((each) => (
          <Menu.Item
            key={each}
            rightSection={each === type ? <IconCheck size={14} /> : null}
            onClick={() => onChange(each)}
          >
            <span className={classes.choice}>{each}</span>
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

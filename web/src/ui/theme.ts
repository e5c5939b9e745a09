import { type CSSVariablesResolver, createTheme, type MantineColorsTuple } from "@mantine/core";

const brand: MantineColorsTuple = [
  "#eef0ff",
  "#dfe2fd",
  "#bcc3f8",
  "#98a2f3",
  "#7983ee",
  "#616ce8",
  "#4f5be0",
  "#4450cf",
  "#3a45b4",
  "#2c3590",
];

/** Neutral, a little warmer than Mantine's blue-black. */
const dark: MantineColorsTuple = [
  "#e6e7ea",
  "#b9bcc4",
  "#9da1ac",
  "#5d616c",
  "#3a3d45",
  "#2c2e35",
  "#202228",
  "#17181c",
  "#111215",
  "#0b0c0e",
];

export const theme = createTheme({
  primaryColor: "brand",
  primaryShade: { light: 7, dark: 6 },
  colors: { brand, dark },
  fontFamily:
    '"Inter Variable", ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", Arial, sans-serif',
  fontFamilyMonospace:
    'ui-monospace, "SF Mono", "Cascadia Mono", "JetBrains Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace',
  fontSizes: { xs: "12px", sm: "13px", md: "14px", lg: "16px", xl: "19px" },
  defaultRadius: "md",
  radius: { xs: "3px", sm: "5px", md: "7px", lg: "10px", xl: "16px" },
  headings: {
    fontWeight: "600",
    sizes: { h1: { fontSize: "19px", lineHeight: "1.3" }, h2: { fontSize: "14px", lineHeight: "1.4" } },
  },
  cursorType: "pointer",
  respectReducedMotion: true,
  components: {
    Button: { defaultProps: { size: "sm", fw: 500 } },
    InputWrapper: {
      styles: {
        label: { fontWeight: 500, marginBottom: 4 },
        description: { fontSize: 12, marginBottom: 4 },
        error: { fontSize: 12.5 },
      },
    },
    TextInput: { defaultProps: { size: "sm" } },
    PasswordInput: { defaultProps: { size: "sm" } },
    Tooltip: { defaultProps: { withArrow: true, openDelay: 400, fz: "xs" } },
  },
});

/** Where Mantine's own greys and reds are too pale for WCAG AA, and the surfaces this dashboard is made of. */
export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    "--mantine-color-text": "#1b1c20",
    "--mantine-color-dimmed": "#5f636d",
    "--mantine-color-placeholder": "#6d717b",
    "--mantine-color-error": "#c0262d",
    "--mantine-color-body": "#ffffff",
    "--tg-canvas": "#f7f7f9",
    "--tg-surface": "#ffffff",
    "--tg-raised": "#ffffff",
    "--tg-hover": "#f1f2f5",
    "--tg-selected": "#eceefc",
    "--tg-line": "#e4e5ea",
    "--tg-line-strong": "#d3d5dc",
    "--tg-accent": "#4450cf",
    "--tg-gray": "#5f636d",
    "--tg-blue": "#2f5fd0",
    "--tg-green": "#1d7a4c",
    "--tg-red": "#c0262d",
    "--tg-amber": "#8f5a00",
    "--tg-gray-soft": "#eeeff2",
    "--tg-blue-soft": "#e8effd",
    "--tg-green-soft": "#e4f5ec",
    "--tg-red-soft": "#fdebec",
    "--tg-amber-soft": "#fcf1dc",
  },
  dark: {
    "--mantine-color-text": "#e4e5e9",
    "--mantine-color-dimmed": "#9da1ac",
    "--mantine-color-placeholder": "#8b8f9a",
    "--mantine-color-error": "#ff8a8a",
    "--mantine-color-body": "#131417",
    "--tg-canvas": "#0e0f11",
    "--tg-surface": "#131417",
    "--tg-raised": "#191a1e",
    "--tg-hover": "#1c1e22",
    "--tg-selected": "#20233a",
    "--tg-line": "#26282e",
    "--tg-line-strong": "#34373f",
    "--tg-accent": "#98a2f3",
    "--tg-gray": "#9da1ac",
    "--tg-blue": "#85aefa",
    "--tg-green": "#6fd19f",
    "--tg-red": "#ff8a8a",
    "--tg-amber": "#e8b65a",
    "--tg-gray-soft": "#24262b",
    "--tg-blue-soft": "#182745",
    "--tg-green-soft": "#12301f",
    "--tg-red-soft": "#3a1a1d",
    "--tg-amber-soft": "#352812",
  },
});

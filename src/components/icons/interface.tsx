import { Icon, type IconProps } from "./icon";

/** Gauge: the overview. */
export const OverviewIcon = (props: IconProps) => (
  <Icon {...props}>
    <path d="M4.5 17.5a8.5 8.5 0 1 1 15 0" />
    <path d="m12 13.5 3.5-4.5" />
    <path d="M9.5 17.5h5" />
  </Icon>
);

/** Four tiles, one of them round: the marketplace. */
export const AppsIcon = (props: IconProps) => (
  <Icon {...props}>
    <rect x="4" y="4" width="6.5" height="6.5" rx="1.5" />
    <rect x="13.5" y="4" width="6.5" height="6.5" rx="1.5" />
    <rect x="4" y="13.5" width="6.5" height="6.5" rx="1.5" />
    <circle cx="16.75" cy="16.75" r="3.25" />
  </Icon>
);

/** A pair of glasses: what the brand sells. */
export const FramesIcon = (props: IconProps) => (
  <Icon {...props}>
    <circle cx="7" cy="14" r="3.75" />
    <circle cx="17" cy="14" r="3.75" />
    <path d="M10.5 12.8q1.5-1.2 3 0M3.4 12.8 5 6.5h1.5M20.6 12.8 19 6.5h-1.5" />
  </Icon>
);

export const PauseIcon = (props: IconProps) => (
  <Icon {...props}>
    <path d="M9 6v12M15 6v12" />
  </Icon>
);

export const PlayIcon = (props: IconProps) => (
  <Icon {...props}>
    <path d="M8 5.5v13l10-6.5-10-6.5Z" />
  </Icon>
);

export const PowerIcon = (props: IconProps) => (
  <Icon {...props}>
    <path d="M12 4v7M7.5 6.8a7.5 7.5 0 1 0 9 0" />
  </Icon>
);

export const SettingsIcon = (props: IconProps) => (
  <Icon {...props}>
    <path d="M4 7.5h9M17 7.5h3M4 16.5h3M11 16.5h9" />
    <circle cx="15" cy="7.5" r="2" />
    <circle cx="9" cy="16.5" r="2" />
  </Icon>
);

export const MoreIcon = (props: IconProps) => (
  <Icon {...props}>
    <path d="M6 12h.1M12 12h.1M18 12h.1" strokeWidth={2.5} />
  </Icon>
);

export const PhoneIcon = (props: IconProps) => (
  <Icon {...props}>
    <rect x="7.5" y="3.5" width="9" height="17" rx="2" />
    <path d="M11 17.5h2" />
  </Icon>
);

export const ResetIcon = (props: IconProps) => (
  <Icon {...props}>
    <path d="M5 5v4.5h4.5M5.5 9.2A7.5 7.5 0 1 1 4.8 14" />
  </Icon>
);

export const RemoveIcon = (props: IconProps) => (
  <Icon {...props}>
    <path d="M6 12h12" />
  </Icon>
);

/** A receipt: billing. */
export const BillingIcon = (props: IconProps) => (
  <Icon {...props}>
    <path d="M6 3.5h12v17l-2-1.5-2 1.5-2-1.5-2 1.5-2-1.5-2 1.5v-17Z" />
    <path d="M9.5 8.5h5M9.5 12.5h5" />
  </Icon>
);

export const KeyIcon = (props: IconProps) => (
  <Icon {...props}>
    <circle cx="8" cy="15.5" r="4.25" />
    <path d="m11.2 12.6 8.3-8.1M16.5 7.5l2.75 2.75M13.6 10.3l1.9 1.9" />
  </Icon>
);

export const FlaskIcon = (props: IconProps) => (
  <Icon {...props}>
    <path d="M9.5 3.5h5" />
    <path d="M10.5 3.5v6L5 18.2a1.5 1.5 0 0 0 1.3 2.3h11.4a1.5 1.5 0 0 0 1.3-2.3L13.5 9.5v-6" />
    <path d="M8 14.5h8" />
  </Icon>
);

export const PlusIcon = (props: IconProps) => (
  <Icon {...props}>
    <path d="M12 5v14M5 12h14" />
  </Icon>
);

export const CloseIcon = (props: IconProps) => (
  <Icon {...props}>
    <path d="m6.5 6.5 11 11M17.5 6.5l-11 11" />
  </Icon>
);

export const CheckIcon = (props: IconProps) => (
  <Icon {...props}>
    <path d="m5 12.5 4.5 4.5L19 7.5" />
  </Icon>
);

export const CopyIcon = (props: IconProps) => (
  <Icon {...props}>
    <rect x="8.5" y="8.5" width="11" height="11" rx="2" />
    <path d="M5.5 15.5a1 1 0 0 1-1-1v-9a1 1 0 0 1 1-1h9a1 1 0 0 1 1 1" />
  </Icon>
);

export const SearchIcon = (props: IconProps) => (
  <Icon {...props}>
    <circle cx="10.75" cy="10.75" r="6.25" />
    <path d="m15.5 15.5 4.5 4.5" />
  </Icon>
);

export const SunIcon = (props: IconProps) => (
  <Icon {...props}>
    <circle cx="12" cy="12" r="4" />
    <path d="M12 3v1.5M12 19.5V21M3 12h1.5M19.5 12H21M5.6 5.6l1.1 1.1M17.3 17.3l1.1 1.1M18.4 5.6l-1.1 1.1M6.7 17.3l-1.1 1.1" />
  </Icon>
);

export const MoonIcon = (props: IconProps) => (
  <Icon {...props}>
    <path d="M19.5 14.2A8 8 0 0 1 9.8 4.5a8 8 0 1 0 9.7 9.7Z" />
  </Icon>
);

export const ScreenIcon = (props: IconProps) => (
  <Icon {...props}>
    <rect x="3.5" y="5" width="17" height="11.5" rx="1.5" />
    <path d="M9 20h6" />
  </Icon>
);

export const SignOutIcon = (props: IconProps) => (
  <Icon {...props}>
    <path d="M10 4.5H6a1.5 1.5 0 0 0-1.5 1.5v12A1.5 1.5 0 0 0 6 19.5h4M10 12h10M16.5 8.5 20 12l-3.5 3.5" />
  </Icon>
);

export const ChevronIcon = (props: IconProps) => (
  <Icon {...props}>
    <path d="m8 10 4 4 4-4" />
  </Icon>
);

export const ArrowIcon = (props: IconProps) => (
  <Icon {...props}>
    <path d="M4.5 12h15M14 6.5l5.5 5.5-5.5 5.5" />
  </Icon>
);

/** Something is due soon. */
export const SoonIcon = (props: IconProps) => (
  <Icon {...props}>
    <circle cx="12" cy="12" r="8.25" />
    <path d="M12 7.5V12l3 2" />
  </Icon>
);

/** Something has stopped. */
export const StoppedIcon = (props: IconProps) => (
  <Icon {...props}>
    <circle cx="12" cy="12" r="8.25" />
    <path d="M12 8v4.75M12 15.9v.1" />
  </Icon>
);

export const InfoIcon = (props: IconProps) => (
  <Icon {...props}>
    <circle cx="12" cy="12" r="8.25" />
    <path d="M12 11.25V16M12 8v.1" />
  </Icon>
);

/** Tokens that came in. */
export const InIcon = (props: IconProps) => (
  <Icon {...props}>
    <path d="M12 4.5V15M7.5 10.5 12 15l4.5-4.5M5 19.5h14" />
  </Icon>
);

/** Tokens that went without a use: held, expired, adjusted. */
export const OutIcon = (props: IconProps) => (
  <Icon {...props}>
    <path d="M12 15V4.5M7.5 9 12 4.5 16.5 9M5 19.5h14" />
  </Icon>
);

/** Rows and columns: the same as a table. */
export const TableIcon = (props: IconProps) => (
  <Icon {...props}>
    <rect x="4" y="5" width="16" height="14" rx="2" />
    <path d="M4 10h16M4 14.5h16M10 10v9" />
  </Icon>
);

/** Bars of a chart. */
export const ChartIcon = (props: IconProps) => (
  <Icon {...props}>
    <path d="M4.5 19.5h15M7.5 16v-5M12 16V6M16.5 16v-7.5" />
  </Icon>
);

export const DownloadIcon = (props: IconProps) => (
  <Icon {...props}>
    <path d="M12 4.5v10M8 11l4 4 4-4M5 19h14" />
  </Icon>
);

/** Two people. */
export const TeamIcon = (props: IconProps) => (
  <Icon {...props}>
    <circle cx="9" cy="8.5" r="3.5" />
    <path d="M3 19c.6-3.2 3-5 6-5s5.4 1.8 6 5M15.5 5.3a3.5 3.5 0 0 1 0 6.4M17.5 14.4c1.9.700 3.1 2.3 3.5 4.6" />
  </Icon>
);

/** Lines in an order that holds. */
export const AuditIcon = (props: IconProps) => (
  <Icon {...props}>
    <circle cx="6" cy="6.5" r="2" />
    <circle cx="6" cy="17.5" r="2" />
    <path d="M6 8.5v7M11 6.5h8.5M11 12h5.5M11 17.5h8.5" />
  </Icon>
);

/** A bell: what one was told. */
export const BellIcon = (props: IconProps) => (
  <Icon {...props}>
    <path d="M6.5 16.5V11a5.5 5.5 0 0 1 11 0v5.5l1.5 1.5h-14l1.5-1.5Z" />
    <path d="M12 5.5v-2M10 20.5h4" />
  </Icon>
);

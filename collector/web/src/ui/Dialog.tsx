import { Modal } from '@mantine/core';
import type { ReactNode } from 'react';
import { Button } from './Button';

type ConfirmProps = {
  opened: boolean;
  /** A question that names the object: "Revoke web-01?" */
  title: string;
  children: ReactNode;
  /** What happens, again with the object's name. */
  action: string;
  /** Whether something is lost by it. */
  look?: 'danger' | 'primary';
  busy: boolean;
  error: Error | null;
  onConfirm: () => void;
  onClose: () => void;
};

/** Asks before something that cannot be undone. The way out has the focus. */
export function Confirm({
  opened,
  title,
  children,
  action,
  look = 'danger',
  busy,
  error,
  onConfirm,
  onClose,
}: ConfirmProps) {
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      withCloseButton={false}
      centered
      size="md"
      padding="lg"
      radius="md"
      transitionProps={{ duration: 120 }}
      attributes={{ content: { 'aria-label': title } }}
    >
      <div className="stack">
        {/* The kit's own title sits in a second page header, which is one landmark too many. */}
        <h2>{title}</h2>
        {children}
        {error && (
          <p className="error" role="alert">
            {error.message}
          </p>
        )}
        <div className="actions">
          <Button onClick={onClose} data-autofocus>
            Cancel
          </Button>
          <Button look={look} busy={busy} onClick={onConfirm}>
            {action}
          </Button>
        </div>
      </div>
    </Modal>
  );
}

/** A bare overlay for the command palette. */
export function Overlay({
  opened,
  label,
  onClose,
  children,
}: {
  opened: boolean;
  label: string;
  onClose: () => void;
  children: ReactNode;
}) {
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      withCloseButton={false}
      padding={0}
      size={620}
      yOffset="11vh"
      // Above a question that is being answered.
      zIndex={300}
      radius="md"
      transitionProps={{ duration: 120 }}
      attributes={{ content: { 'aria-label': label } }}
    >
      {children}
    </Modal>
  );
}

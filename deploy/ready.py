"""`python -I ready.py`: exit 0 if the bot of this container can store alerts, else 1. No curl, no library."""

import http.client
import os
import sys

LIMIT_S = 4


def main() -> int:
    """Asks /readyz on this machine, never by a proxy."""
    asked = http.client.HTTPConnection("127.0.0.1", int(os.environ.get("HTTP_PORT") or 8080), timeout=LIMIT_S)
    try:
        asked.request("GET", "/readyz")
        answer = asked.getresponse()
        sys.stdout.write(answer.read(500).decode(errors="replace"))
    except (OSError, http.client.HTTPException) as error:
        sys.stdout.write(f"no answer ({type(error).__name__})\n")
        return 1
    finally:
        asked.close()
    return 0 if answer.status == 200 else 1


if __name__ == "__main__":
    sys.exit(main())

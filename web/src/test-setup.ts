import { cleanup } from "@testing-library/react";
import { afterEach } from "vitest";

// jsdom lays nothing out.
Element.prototype.scrollIntoView = () => undefined;

afterEach(cleanup);

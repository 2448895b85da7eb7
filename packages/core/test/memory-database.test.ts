import { databaseSuite, memoryHarness } from "@wflo/testkit";

databaseSuite({ name: "memoryDatabase", create: () => memoryHarness() });

namespace FastKv.Engine;

internal static class Placeholder;

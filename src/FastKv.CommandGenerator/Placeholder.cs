namespace FastKv.CommandGenerator { internal static class Placeholder { } }

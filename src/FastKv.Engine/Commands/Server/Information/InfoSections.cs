namespace FastKv.Engine.Commands.Server.Information;

// Control plane. Which sections INFO has, in what order, and which words ask for them.

/// <summary>The sections of INFO, in the order of their output.</summary>
[Flags]
internal enum InfoSections
{
    None = 0,
    Server = 1 << 0,
    Clients = 1 << 1,
    Memory = 1 << 2,
    Persistence = 1 << 3,
    Stats = 1 << 4,
    Replication = 1 << 5,
    Cpu = 1 << 6,
    Modules = 1 << 7,
    CommandStats = 1 << 8,
    ErrorStats = 1 << 9,
    LatencyStats = 1 << 10,
    Cluster = 1 << 11,
    Runtime = 1 << 12,
    Keyspace = 1 << 13,
    All = (1 << 14) - 1,
    Default = All & ~(CommandStats | LatencyStats),
}

/// <summary>Reads the arguments of INFO and writes the sections asked for.</summary>
internal static class InfoReport
{
    /// <summary>The sections that a word asks for; none when it is unknown, which is no error.</summary>
    public static InfoSections Find(ReadOnlySpan<byte> word)
    {
        if (Is(word, "default"u8))
            return InfoSections.Default;
        if (Is(word, "all"u8) || Is(word, "everything"u8))
            return InfoSections.All;
        for (int i = 0; 1 << i <= (int)InfoSections.Keyspace; i++)
        {
            var section = (InfoSections)(1 << i);
            if (Is(word, NameOf(section)))
                return section;
        }
        return InfoSections.None;
    }

    /// <summary>Writes the sections in their order.</summary>
    public static void Write(InfoText text, InfoSections sections, FastKvServer server)
    {
        for (int i = 0; 1 << i <= (int)InfoSections.Keyspace; i++)
        {
            var section = (InfoSections)(1 << i);
            if ((sections & section) != 0)
                WriteOne(text, section, server);
        }
    }

    private static void WriteOne(InfoText text, InfoSections section, FastKvServer server)
    {
        switch (section)
        {
            case InfoSections.Server:
                ServerSection.Write(text, server);
                break;
            case InfoSections.Clients:
                ClientsSection.Write(text, server);
                break;
            case InfoSections.Memory:
                MemorySection.Write(text, server);
                break;
            case InfoSections.Persistence:
                PersistenceSection.Write(text, server);
                break;
            case InfoSections.Stats:
                StatsSection.Write(text, server);
                break;
            case InfoSections.Replication:
                ReplicationSection.Write(text, server);
                break;
            case InfoSections.Cpu:
                CpuSection.Write(text);
                break;
            case InfoSections.Modules:
                text.Section("Modules"u8);
                break;
            case InfoSections.CommandStats:
                CommandStatsSection.Write(text, server);
                break;
            case InfoSections.ErrorStats:
                ErrorStatsSection.Write(text, server);
                break;
            case InfoSections.LatencyStats:
                LatencyStatsSection.Write(text, server);
                break;
            case InfoSections.Cluster:
                text.Section("Cluster"u8);
                text.Line("cluster_enabled"u8, 0);
                break;
            case InfoSections.Runtime:
                RuntimeSection.Write(text, server);
                break;
            default:
                KeyspaceSection.Write(text, server);
                break;
        }
    }

    private static ReadOnlySpan<byte> NameOf(InfoSections section) => section switch
    {
        InfoSections.Server => "server"u8,
        InfoSections.Clients => "clients"u8,
        InfoSections.Memory => "memory"u8,
        InfoSections.Persistence => "persistence"u8,
        InfoSections.Stats => "stats"u8,
        InfoSections.Replication => "replication"u8,
        InfoSections.Cpu => "cpu"u8,
        InfoSections.Modules => "modules"u8,
        InfoSections.CommandStats => "commandstats"u8,
        InfoSections.ErrorStats => "errorstats"u8,
        InfoSections.LatencyStats => "latencystats"u8,
        InfoSections.Cluster => "cluster"u8,
        InfoSections.Runtime => "runtime"u8,
        _ => "keyspace"u8,
    };

    private static bool Is(ReadOnlySpan<byte> word, ReadOnlySpan<byte> name) => System.Text.Ascii.EqualsIgnoreCase(word, name);
}

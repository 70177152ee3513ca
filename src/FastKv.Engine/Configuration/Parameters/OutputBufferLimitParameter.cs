using System.Globalization;

namespace FastKv.Engine.Configuration.Parameters;

/// <summary>How much unsent output a client may pile up before it is disconnected. Zero means no limit.</summary>
/// <param name="HardBytes">Disconnected at once above this.</param>
/// <param name="SoftBytes">Disconnected when above this for <paramref name="SoftSeconds"/>.</param>
/// <param name="SoftSeconds">How long the soft limit may be exceeded.</param>
public readonly record struct OutputBufferLimit(ulong HardBytes, ulong SoftBytes, long SoftSeconds);

/// <summary>Which limit applies to a client; the index into <see cref="ServerOptions.ClientOutputBufferLimits"/>.</summary>
public enum ClientClass
{
    /// <summary>An ordinary client, or MONITOR.</summary>
    Normal,

    /// <summary>A replica of this server.</summary>
    Replica,

    /// <summary>A client subscribed to at least one channel or pattern.</summary>
    PubSub,
}

/// <summary>The <c>client-output-buffer-limit</c> parameter: groups of class, hard limit, soft limit, seconds.</summary>
internal sealed class OutputBufferLimitParameter()
    : ConfigParameter("client-output-buffer-limit", alias: null, ConfigFlags.MultiArgument, hasEffect: true)
{
    private static readonly OutputBufferLimit[] Defaults = [new(0, 0, 0), new(256 << 20, 64 << 20, 60), new(32 << 20, 8 << 20, 60)];
    private static readonly string[] ShownNames = ["normal", "slave", "pubsub"];
    private static readonly string[] FileNames = ["normal", "replica", "pubsub"];

    internal override void Initialize(ServerOptions options) => options.ClientOutputBufferLimits = [.. Defaults];

    internal override SetOutcome Set(ServerOptions options, ReadOnlySpan<string> words, ConfigSource source, out string? error)
    {
        error = words.Length % 4 == 0 ? null : "Wrong number of arguments in buffer limit configuration.";

        // A new array takes the place of the old one: shards read it while this runs, and must not see half a limit.
        OutputBufferLimit[] limits = [.. options.ClientOutputBufferLimits];
        for (int i = 0; error is null && i < words.Length; i += 4)
        {
            if (ClassOf(words[i]) is not { } client)
                error = "Invalid client class specified in buffer limit configuration.";
            else if (!TryParse(words.Slice(i + 1, 3), out limits[(int)client]))
                error = "Error in hard, soft or soft_seconds setting in buffer limit configuration.";
        }
        if (error is not null)
            return SetOutcome.Rejected;
        options.ClientOutputBufferLimits = limits;
        return SetOutcome.Changed;
    }

    internal override string Get(ServerOptions options)
    {
        var parts = new string[Defaults.Length];
        for (int i = 0; i < parts.Length; i++)
        {
            OutputBufferLimit limit = options.ClientOutputBufferLimits[i];
            parts[i] = string.Create(CultureInfo.InvariantCulture, $"{ShownNames[i]} {limit.HardBytes} {limit.SoftBytes} {limit.SoftSeconds}");
        }
        return string.Join(' ', parts);
    }

    internal override void Rewrite(ServerOptions options, ConfigRewriter rewriter)
    {
        for (int i = 0; i < Defaults.Length; i++)
        {
            OutputBufferLimit limit = options.ClientOutputBufferLimits[i];
            string hard = MemorySize.Format(unchecked((long)limit.HardBytes)), soft = MemorySize.Format(unchecked((long)limit.SoftBytes));
            rewriter.Put(
                Name, string.Create(CultureInfo.InvariantCulture, $"{Name} {FileNames[i]} {hard} {soft} {limit.SoftSeconds}"),
                force: limit != Defaults[i]);
        }
    }

    private static bool TryParse(ReadOnlySpan<string> words, out OutputBufferLimit limit)
    {
        limit = default;
        if (!MemorySize.TryParse(words[0], out ulong hard) || !MemorySize.TryParse(words[1], out ulong soft)
            || !ConfigText.TryParseLoose(words[2], 10, out long seconds, out _) || unchecked((int)seconds) < 0)
            return false;
        limit = new OutputBufferLimit(hard, soft, unchecked((int)seconds));
        return true;
    }

    private static ClientClass? ClassOf(string name) => name.ToLowerInvariant() switch
    {
        "normal" => ClientClass.Normal,
        "slave" or "replica" => ClientClass.Replica,
        "pubsub" => ClientClass.PubSub,
        _ => null,
    };
}

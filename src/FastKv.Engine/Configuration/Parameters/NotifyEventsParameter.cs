using System.Text;
using FastKv.Engine.Configuration.Parameters;

namespace FastKv.Engine.Configuration.Parameters;

/// <summary>The classes of keyspace events; the letters are those of <c>notify-keyspace-events</c>.</summary>
[Flags]
public enum KeyspaceEvents
{
    /// <summary>Nothing is published.</summary>
    None = 0,

    /// <summary>K: publish to the key's channel.</summary>
    Keyspace = 1,

    /// <summary>E: publish to the event's channel.</summary>
    Keyevent = 2,

    /// <summary>g: commands that work on any type.</summary>
    Generic = 4,

    /// <summary>$: string commands.</summary>
    Text = 8,

    /// <summary>l: list commands.</summary>
    List = 16,

    /// <summary>s: set commands.</summary>
    Set = 32,

    /// <summary>h: hash commands.</summary>
    Hash = 64,

    /// <summary>z: sorted set commands.</summary>
    SortedSet = 128,

    /// <summary>x: a key expired.</summary>
    Expired = 256,

    /// <summary>e: a key was evicted.</summary>
    Evicted = 512,

    /// <summary>t: stream commands.</summary>
    Stream = 1024,

    /// <summary>m: a key was looked up and not there; not part of A.</summary>
    KeyMiss = 2048,

    /// <summary>d: module types.</summary>
    Module = 8192,

    /// <summary>n: a key came into being; not part of A.</summary>
    New = 16384,

    /// <summary>A: g$lshzxetd.</summary>
    All = Generic | Text | List | Set | Hash | SortedSet | Expired | Evicted | Stream | Module,
}

/// <summary>The <c>notify-keyspace-events</c> parameter.</summary>
internal sealed class NotifyEventsParameter() : ConfigParameter("notify-keyspace-events", alias: null, ConfigFlags.None, hasEffect: true)
{
    private static readonly (char Letter, KeyspaceEvents Events)[] Letters =
    [
        ('A', KeyspaceEvents.All), ('g', KeyspaceEvents.Generic), ('$', KeyspaceEvents.Text), ('l', KeyspaceEvents.List),
        ('s', KeyspaceEvents.Set), ('h', KeyspaceEvents.Hash), ('z', KeyspaceEvents.SortedSet), ('x', KeyspaceEvents.Expired),
        ('e', KeyspaceEvents.Evicted), ('t', KeyspaceEvents.Stream), ('d', KeyspaceEvents.Module), ('n', KeyspaceEvents.New),
        ('K', KeyspaceEvents.Keyspace), ('E', KeyspaceEvents.Keyevent), ('m', KeyspaceEvents.KeyMiss),
    ];

    internal override void Initialize(ServerOptions options) => options.NotifyKeyspaceEvents = KeyspaceEvents.None;

    internal override SetOutcome Set(ServerOptions options, ReadOnlySpan<string> words, ConfigSource source, out string? error)
    {
        error = null;
        KeyspaceEvents events = KeyspaceEvents.None;
        foreach (char letter in words[0])
        {
            int at = Array.FindIndex(Letters, entry => entry.Letter == letter);
            if (at < 0)
            {
                error = "Invalid event class character. Use 'Ag$lshzxeKEtmdn'.";
                return SetOutcome.Rejected;
            }
            events |= Letters[at].Events;
        }
        options.NotifyKeyspaceEvents = events;
        return SetOutcome.Changed;
    }

    internal override string Get(ServerOptions options)
    {
        // Redis shows 'n' only beside single classes, not beside 'A'.
        KeyspaceEvents events = options.NotifyKeyspaceEvents;
        KeyspaceEvents hidden = KeyspaceEvents.None;
        var text = new StringBuilder();
        foreach ((char letter, KeyspaceEvents meaning) in Letters)
        {
            if ((events & meaning) != meaning || (hidden & meaning) != 0)
                continue;
            text.Append(letter);
            if (meaning == KeyspaceEvents.All)
                hidden = KeyspaceEvents.All | KeyspaceEvents.New;
        }
        return text.ToString();
    }

    internal override void Rewrite(ServerOptions options, ConfigRewriter rewriter)
        => rewriter.Put(Name, $"{Name} {ConfigText.Quote(Get(options))}", force: options.NotifyKeyspaceEvents != KeyspaceEvents.None);
}

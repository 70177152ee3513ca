using FastKv.Engine.Clients;
using FastKv.Engine.Commands.Connection;

namespace FastKv.Engine.Acl;

// Control plane. Denials of all loops, newest first. Equal ones within a minute are one entry with a count, if they are among the newest ten: a client that
// is denied again and again must not push everything else out. Entries are replaced and not changed, so that readers need no lock beyond taking the list.

/// <summary>Where a command stood that was denied.</summary>
internal enum AclContext
{
    TopLevel,

    /// <summary>In a transaction, being queued or executed.</summary>
    Multi,

    /// <summary>In a script.</summary>
    Lua,
    Module,
}

/// <summary>One entry of ACL LOG.</summary>
/// <param name="Reason">What was not permitted.</param>
/// <param name="Context">Where the command stood.</param>
/// <param name="Object">The command, key or channel (Latin-1, a char per byte).</param>
/// <param name="User">Who was denied.</param>
/// <param name="Count">How often.</param>
/// <param name="AtMs">When last.</param>
/// <param name="ClientInfo">The line of CLIENT LIST of the client that was denied last.</param>
internal sealed record AclLogEntry(AclVerdict Reason, AclContext Context, string Object, string User, long Count, long AtMs, string ClientInfo);

/// <summary>The newest denials.</summary>
internal sealed class AclLog
{
    private const int ComparedEntries = 10;
    private const long SameWithinMs = 60_000;

    private readonly Lock _lock = new();
    private readonly long[] _denials = new long[Enum.GetValues<AclVerdict>().Length];
    private readonly List<AclLogEntry> _entries = [];

    /// <summary>The entries, newest first.</summary>
    public AclLogEntry[] Entries
    {
        get
        {
            lock (_lock)
                return [.. _entries];
        }
    }

    /// <summary>How often something was denied for that reason since the server's start; neither ACL LOG RESET nor CONFIG RESETSTAT changes it.</summary>
    public long CountOf(AclVerdict reason) => Interlocked.Read(ref _denials[(int)reason]);

    public void Clear()
    {
        lock (_lock)
            _entries.Clear();
    }

    /// <summary>Notes a denial, and forgets the oldest ones beyond <c>acllog-max-len</c>.</summary>
    /// <param name="client">Who was denied.</param>
    /// <param name="reason">What was not permitted.</param>
    /// <param name="context">Where the command stood.</param>
    /// <param name="what">The command, key or channel.</param>
    /// <param name="user">The name of the user.</param>
    public void Add(Client client, AclVerdict reason, AclContext context, string what, string user)
    {
        var server = client.Loop.Server;
        long nowMs = server.Clock.UnixMicroseconds / 1000;
        Interlocked.Increment(ref _denials[(int)reason]);
        string info = ClientList.DescribeOne(client, client.Loop.NowMs);
        var entry = new AclLogEntry(reason, context, what, user, 1, nowMs, info);
        lock (_lock)
        {
            int same = IndexOfSame(entry);
            if (same >= 0)
            {
                entry = entry with { Count = _entries[same].Count + 1 };
                _entries.RemoveAt(same);
            }
            _entries.Insert(0, entry);

            // As in Redis, the length is looked at when there is one more.
            int max = (int)Math.Min(server.Options.AclLogMaxLen, int.MaxValue);
            if (same < 0 && _entries.Count > max)
                _entries.RemoveRange(max, _entries.Count - max);
        }
    }

    private int IndexOfSame(AclLogEntry entry)
    {
        for (int i = 0; i < Math.Min(ComparedEntries, _entries.Count); i++)
        {
            var other = _entries[i];
            if (other.Reason == entry.Reason && other.Context == entry.Context && Math.Abs(other.AtMs - entry.AtMs) <= SameWithinMs
                && other.Object == entry.Object && other.User == entry.User)
            {
                return i;
            }
        }
        return -1;
    }
}

using FastKv.Engine.Keyspace;
using FastKv.Protocol;
using FastKv.Structures;

namespace FastKv.Engine.Commands.Sets;

// Data plane.

/// <summary>Writes members as elements of a reply.</summary>
internal struct SetReply(ReplyWriter reply) : ISetVisitor
{
    private readonly ReplyWriter _reply = reply;

    /// <summary>Who is told of the members besides, when they are removed.</summary>
    public RemovedMembers Removed;

    /// <summary>All members of a set, without a header.</summary>
    public static void Members(ref CommandContext context, EntryRef entry)
    {
        Span<byte> scratch = stackalloc byte[Listpack.ScratchBytes];
        var members = SetValue.Iterate(context.Partition.Values, entry);
        while (members.MoveNext())
            context.Reply.BulkString(members.Text(scratch));
    }

    public readonly void Visit(scoped ReadOnlySpan<byte> member)
    {
        _reply.BulkString(member);
        Removed.Add(member);
    }
}

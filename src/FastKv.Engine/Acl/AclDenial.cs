using FastKv.Engine.Commands;

namespace FastKv.Engine.Acl;

/// <summary>What a user who lacks a permission is told, and ACL LOG. STUB.</summary>
internal static class AclDenial
{
    /// <summary>Replies which permission the client's user lacks for the command, and notes it in the log.</summary>
    public static void Reply(ref CommandContext context, CommandDescriptor command) => context.Reply.Error("NOPERM"u8);
}

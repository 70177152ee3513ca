using FastKv.Engine.Commands;
using FastKv.Protocol;

namespace FastKv.Engine.Acl;

/// <summary>A user. STUB: everything is permitted.</summary>
internal sealed unsafe class AclUser
{
    /// <summary>The user of connections that have not authenticated as another.</summary>
    public static readonly AclUser Default = new();

    /// <summary>Whether the user may run the command with these arguments.</summary>
    public bool Permits(CommandDescriptor command, Argument* arguments, int count) => true;
}

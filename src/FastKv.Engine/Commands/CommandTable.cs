namespace FastKv.Engine.Commands;

internal static partial class CommandTable
{
}

/** The version of this mesh: that of every package of the workspace (a test compares). */
export const version = "2.0.0-alpha.1";
